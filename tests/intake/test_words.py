"""Search words of Chinese texts."""

from fengqiao_intake.domain.words import MAX_TERMS, letters, terms


def test_a_text_is_found_by_its_characters_latin_words_and_numbers() -> None:
    assert letters("A3区，联丰路 A3区！") == {"a3", "区", "联", "丰", "路"}


def test_every_text_that_holds_a_word_has_all_its_letters() -> None:
    text = "老人要求赡养费每月300元，儿子不同意"

    for word in ("赡养", "老人要求", "300", "费", "月300元"):
        (term,) = terms(word)
        assert set(term.letters) <= letters(text)


def test_a_rare_character_beyond_the_first_plane_is_a_letter() -> None:
    assert letters("𠮷野家") == {"𠮷", "野", "家"}


def test_words_of_a_query_are_separate_terms() -> None:
    assert [term.text for term in terms("赡养  老人 AB")] == ["赡养", "老人", "ab"]
    assert len(terms("一 " * 50)) == MAX_TERMS


def test_letters_hold_nothing_that_a_query_language_reads() -> None:
    quoted = letters("""他说"x' OR 1=1 --\\ *:&|!()王 ＊（）""")

    assert quoted == {"他", "说", "x", "or", "1", "王"}
