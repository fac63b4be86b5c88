"""From a recording to named values over time: sound, voice, face, words."""
