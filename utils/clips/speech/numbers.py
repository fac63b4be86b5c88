"""English numbers as they are spoken."""

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
GROUPS = ("", "thousand", "million", "billion", "trillion")
ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
LARGEST = 15  # digits; longer numbers are spoken digit by digit
MOST_SPOKEN = 24  # digits of a number that are spoken at all


def number_words(digits):
    """Spell out a whole number, such as `"110"`: one hundred ten.

    Years are spoken in pairs, such as nineteen eighty four. Numbers with a leading zero or more
    than 15 digits are spoken digit by digit, of which the first 24 count.

    Args:
        digits: The digits 0 to 9, at least one.

    Returns:
        A list of words.

    Example:
        >>> [" ".join(number_words(n)) for n in ("42", "1984", "2005", "007", "1200000")]
        ['forty two', 'nineteen eighty four', 'two thousand five', 'zero zero seven', \
'one million two hundred thousand']
    """
    if len(digits) > LARGEST or (digits[0] == "0" and len(digits) > 1):
        return [ONES[int(digit)] for digit in digits[:MOST_SPOKEN]]
    number = int(digits)
    if 1100 <= number < 2100 and number % 1000 >= 10:
        return _year(number)
    return _cardinal(number)


def ordinal_words(digits):
    """Spell out an ordinal number without its letters, such as `"21"`: twenty first."""
    *before, last = number_words(digits)
    if last in ORDINALS:
        return [*before, ORDINALS[last]]
    return [*before, last.removesuffix("y") + "ie" * last.endswith("y") + "th"]


def _year(number):
    century, rest = divmod(number, 100)
    if not rest:
        return [*_cardinal(century), "hundred"]
    return [*_cardinal(century), *(["oh"] if rest < 10 else []), *_cardinal(rest)]


def _cardinal(number):
    if not number:
        return [ONES[0]]
    words = []
    for power in range(len(GROUPS) - 1, -1, -1):
        group = number // 1000**power % 1000
        if group:
            words += [*_below_thousand(group), *([GROUPS[power]] if power else [])]
    return words


def _below_thousand(number):
    hundreds, rest = divmod(number, 100)
    words = [ONES[hundreds], "hundred"] if hundreds else []
    if rest >= 20:
        words.append(TENS[rest // 10])
        rest %= 10
    return [*words, ONES[rest]] if rest else words
