"""English letter-to-sound rules, for words that the dictionary does not have."""

import re

VOWELS = "aeiouy"
NAMES = {
    "a": "EY",
    "b": "B IY",
    "c": "S IY",
    "d": "D IY",
    "e": "IY",
    "f": "EH F",
    "g": "JH IY",
    "h": "EY CH",
    "i": "AY",
    "j": "JH EY",
    "k": "K EY",
    "l": "EH L",
    "m": "EH M",
    "n": "EH N",
    "o": "OW",
    "p": "P IY",
    "q": "K Y UW",
    "r": "AA R",
    "s": "EH S",
    "t": "T IY",
    "u": "Y UW",
    "v": "V IY",
    "w": "D AH B AH L Y UW",
    "x": "EH K S",
    "y": "W AY",
    "z": "Z IY",
}
# The first rule that matches at a place gives its sounds; `<` is the start of a word, `>` its end.
# A rule is a regular expression for what stands before, one for the letters, one for what follows.
RULES = [
    (before, letters, after, sounds)
    for before, letters, after, sounds in (
        line.split("|")
        for line in """
<|kn||N
<|gn||N
<|wr||R
<|ps||S
<|pn||N
<|mc||M AH K
<|x||Z
<|y||Y
[^<]|tion||SH AH N
[^<]|ssion||SH AH N
[aeiou]|sion||ZH AH N
[^<]|sion||SH AH N
[^<]|cian||SH AH N
[^<]|[ct]ious||SH AH S
[^<]|[ct]ial||SH AH L
[^<]|tient||SH AH N T
[^<]|ture|[s>]|CH ER
[^<]|sure|[s>]|ZH ER
[^<]|ous|>|AH S
[^<]|ness|>|N AH S
[^<]|less|>|L AH S
[^<]|age|>|IH JH
[^<]|ate|>|EY T
[^<]|ism|>|IH Z AH M
[^<]|able|>|AH B AH L
[^<]|ible|>|AH B AH L
[bcdfgkptz]|le|>|AH L
[bcdfgkptz]|les|>|AH L Z
[td]|ed|>|AH D
[pkfcshx]|ed|>|T
[^<]|ed|>|D
[szxcg]|es|>|AH Z
[cs]h|es|>|AH Z
[^<]|'s|>|Z
[^<]|'||
|eigh||EY
|augh||AO
|ough|t|AO
|ough||OW
|igh||AY
|tch||CH
|dg|[eiy]|JH
|sch||SH
|ck||K
|ch|[lr]|K
|ch||CH
|sh||SH
|th||TH
|ph||F
|wh||W
<|gh||G
|gh||
|qu||K W
|q||K
|ng|[>sz]|NG
|n|[kgx]|NG
|mb|>|M
|sc|[eiy]|S
|cc|[eiy]|K S
|c|[eiy]|S
|c||K
|g|[eiy]|JH
|gu|[aeiy]|G
|g||G
|x||K S
|j||JH
<|eu||Y UW
|eu||UW
|ew||UW
|eer||IH R
|ear||IH R
|air||EH R
|oar||AO R
|our||AO R
|ai||EY
|ay||EY
|au||AO
|aw||AO
|ea||IY
|ee||IY
|ei||IY
|ey|>|IY
|ey||EY
|ie|>|IY
|ie||IY
|oa||OW
|oo||UW
|oi||OY
|oy||OY
|ou||AW
|ow|>|OW
|ow||AW
|oe|>|OW
|ue|>|UW
|ui||UW
|ia||IY AH
|io||IY OW
|ar||AA R
|er||ER
|ir||ER
|or||AO R
|ur||ER
|yr||ER
|a|[bcdfgklmnprstvz]e[>s]|EY
|e|[bcdfgklmnprstvz]e[>s]|IY
|i|[bcdfgklmnprstvz]e[>s]|AY
|o|[bcdfgklmnprstvz]e[>s]|OW
|u|[bcdfgklmnprstvz]e[>s]|UW
|y|[bcdfgklmnprstvz]e[>s]|AY
|a|[bcdfgklmnprstvz][iou]|EY
[^<]|a|>|AH
|a|l[lkdt]|AO
|a||AE
[aeiouy].*|e|s?>|
|e|>|IY
[^<]|e|[lnm]>|AH
|e||EH
|i|>|IY
|i||IH
|o|>|OW
|o|[bdgklmnprtvz][aeiou]|OW
|o||AA
|u|[bdgklmnprtvz][aeiou]|UW
|u||AH
[aeiouy].*|y|>|IY
<[^aeiouy]+|y|>|AY
|y|[aeou]|Y
|y||IH
[^<]|s|>|Z
[aeiou]|s|[aeiouy]|Z
|s||S
|zz||Z
|b||B
|d||D
|f||F
|h||HH
|k||K
|l||L
|m||M
|n||N
|p||P
|r||R
|t||T
|v||V
|w||W
|z||Z
""".strip().splitlines()
    )
]
COMPILED = [
    (re.compile(f"(?:{before})$") if before else None, re.compile(f"({letters})(?={after})"), s)
    for before, letters, after, s in RULES
]
DOUBLED = re.compile(r"([bdfghklmnprstvwz])\1")


def letter_sounds(word):
    """Guess how an English word is pronounced.

    Ordered rules, in the form of Elovitz et al.'s but far fewer. A word without a vowel is spelled.

    Args:
        word: Letters a to z and apostrophes, at least one letter.

    Returns:
        The sounds in the notation of the CMU dictionary, such as `"D AE SH W UH D"`.

    Example:
        >>> letter_sounds("shipping"), letter_sounds("kgb")
        ('SH IH P IH NG', 'K EY JH IY B IY')

    Reference:
        Elovitz, Johnson, McHugh and Shore, 1976, "Letter-to-Sound Rules for Automatic Translation
        of English Text to Phonetics".
    """
    if not any(letter in VOWELS for letter in word):
        return " ".join(NAMES[letter] for letter in word if letter in NAMES)
    text = "<" + DOUBLED.sub(r"\1", word) + ">"
    place, sounds = 1, []
    while place < len(text) - 1:
        for before, letters, found in COMPILED:
            match = letters.match(text, place)
            if match and (before is None or before.search(text[:place])):
                sounds += found.split()
                place = match.end()
                break
        else:
            place += 1
    return " ".join(sounds) or " ".join(NAMES[letter] for letter in word if letter in NAMES)
