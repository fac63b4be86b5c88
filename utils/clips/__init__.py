"""From a recording to named values over time: media, voice, face, speech."""
