"""Addresses on Colissimo's lines: legible, whole, or refused by name."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colisync.carriers.colissimo.address_lines import WIDTH, Lines, lay_out, wrap
from colisync.carriers.colissimo.lettering import cut, latin, letters_and_digits
from colisync.carriers.colissimo.parties import Notes, Party, encode_address
from colisync.carriers.colissimo.phones import clean, is_made_up, is_mobile
from colisync.errors import InvalidShipment
from colisync.testing.contracts.carrier import RECIPIENT

_LONG_STREET = "24 bis avenue du Général de Gaulle Résidence des Tilleuls Bâtiment C"


def _encode(country: str = "FR", **fields: Any) -> dict[str, str]:
    address = RECIPIENT.model_copy(update={"country": country, **fields})
    return encode_address(Party("recipient", address, country, []))


def _refused(**fields: Any) -> InvalidShipment:
    with pytest.raises(InvalidShipment) as caught:
        _encode(**fields)
    return caught.value


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Zoé  Lefèvre ", "Zoé Lefèvre"),
        ("Sœur Ægidius Groß", "Soeur AEgidius Gross"),
        ("Łukasz Wójcik", "Lukasz Wójcik"),
        ("Dvořák Škoda Đurić", "Dvorák Skoda Duric"),
        ("L’Haÿ – les « Roses »", 'L\'Haÿ - les " Roses "'),
        ("e\u0301te\u0301", "été"),
        ("12\u00a0rue\tdes\nLilas", "12 rue des Lilas"),
        ("ＡＢＣ１２", "ABC12"),
        ("Café №5", "Café No5"),
        ("Ștefan Țăran", "Stefan Taran"),
    ],
)
def test_latin_letters_are_kept_or_written_plainly(text: str, written: str) -> None:
    assert latin(text) == (written, "", "")


def test_emoji_are_left_out_and_told() -> None:
    assert latin("Léa 🎁👩‍👩‍👧 Petit") == ("Léa Petit", "🎁👩👩👧", "")


@pytest.mark.parametrize("text", ["Γεωργίου", "Иван", "李小龍", "שלום", "محمد"])
def test_other_scripts_are_never_guessed(text: str) -> None:
    error = _refused(last_name=text)
    assert error.key == "colissimo.letters_unreadable"
    assert error.field == "recipient.last_name"
    assert error.params["letters"]


def test_a_note_says_which_field_lost_its_emoji() -> None:
    notes: Notes = []
    address = RECIPIENT.model_copy(update={"street": "3 place du 🌍 Marché"})
    body = encode_address(Party("recipient", address, "FR", notes))
    assert body["line2"] == "3 place du Marché"
    (note,) = notes
    assert note == (
        "colissimo.left_out",
        {"field": "recipient.street", "text": "🌍"},
    )


def test_remarks_are_letters_digits_and_blanks() -> None:
    assert letters_and_digits("Sonnez à l'entrée (code: 12#B)…") == "Sonnez a l entree code 12 B"


@given(st.text(max_size=80))
def test_latin_gives_only_what_a_label_prints(text: str) -> None:
    written = latin(text).text
    assert all(" " <= sign <= "~" or "À" <= sign <= "ÿ" for sign in written)
    assert latin(written) == (written, "", "")


@given(st.text("ab ", max_size=60), st.integers(1, 40))
def test_cut_loses_no_letter(text: str, limit: int) -> None:
    kept, left = cut(text.strip(), limit)
    assert len(kept) <= limit
    assert (kept + left).replace(" ", "") == text.replace(" ", "")


def test_the_street_is_on_line2_and_the_flat_above_it() -> None:
    body = _encode(street="3 place du Marché", street2="Bât. B, 2e étage")
    assert (body["line2"], body["line1"]) == ("3 place du Marché", "Bât. B, 2e étage")
    assert "line0" not in body
    assert "line3" not in body


def test_a_house_number_is_not_torn_from_its_street() -> None:
    """A peer sends the number alone in line1 and the whole street in line2."""
    body = _encode(street="27 rue Léon Camet")
    assert body["line2"] == "27 rue Léon Camet"
    assert "27" not in body.get("line1", "")


def test_a_long_street_goes_on_below_and_the_second_line_is_kept() -> None:
    """Users of other tools lost the second line, or the end of a long street."""
    body = _encode(street=_LONG_STREET, street2="Chez Mme Durand")
    assert body["line1"] == "Chez Mme Durand"
    assert f"{body['line2']} {body['line3']}" == _LONG_STREET


def test_a_long_company_goes_on_above_the_street() -> None:
    company = "Association des parents d'élèves du collège Jean Moulin"
    body = _encode(company=company)
    assert f"{body['companyName']} {body['line1']}" == company
    assert body["line2"] == RECIPIENT.street


def test_a_street_of_200_characters_names_the_field() -> None:
    error = _refused(street="rue " + "tr\u00e8s longue " * 16)
    assert error.key == "colissimo.address_too_long"
    assert error.field == "recipient.street"
    assert error.params["length"] == 195


def test_a_word_longer_than_a_line_is_refused_and_not_broken() -> None:
    assert _refused(street="1 " + "x" * 36).key == "colissimo.address_too_long"


def test_belgian_labels_print_two_lines_only() -> None:
    body = _encode("BE", street="Rue Neuve 12", street2="Boîte 4", postcode="1000")
    assert {name for name in body if name.startswith("line")} == {"line0", "line2"}
    long = "Chaussée de la Résidence du Grand Hospice 1234"
    body = _encode("BE", street=long, street2="", postcode="1000")
    assert f"{body['line0']} {body['line2']}" == long


def test_swiss_labels_print_one_line_only() -> None:
    body = _encode("CH", street="Rue du Lac 12", street2="Étage 3", postcode="1000")
    assert body["line2"] == "Rue du Lac 12, Étage 3"
    with pytest.raises(InvalidShipment):
        _encode("CH", street="Rue de la Grande Maison 12", street2="3e étage", postcode="1000")


_WORDS = st.lists(st.text("abcdé12", min_size=1, max_size=12), max_size=9).map(" ".join)


@given(_WORDS.filter(bool), st.lists(_WORDS, max_size=2), st.lists(_WORDS, max_size=1))
def test_nothing_is_dropped_from_an_address(
    street: str, above: list[str], below: list[str]
) -> None:
    """Every word of the address is on the label, within 35 characters, or it is refused."""
    lines = lay_out(street, above, below, "FR")
    if lines is None:
        return
    assert all(len(line) <= WIDTH for line in lines)
    assert lines.line2
    given_words = " ".join([street, *above, *below]).split()
    assert sorted(" ".join(lines).replace(",", " ").split()) == sorted(given_words)


@given(_WORDS.filter(bool).filter(lambda text: len(text) <= 2 * WIDTH - 12))
def test_a_street_of_two_lines_always_fits(street: str) -> None:
    lines = lay_out(street, ["Bâtiment B"], [], "FR")
    assert lines is not None
    assert f"{lines.line2} {lines.line3}".strip() == street


def test_wrap_breaks_at_spaces() -> None:
    assert wrap("a" * 20 + " " + "b" * 20) == ["a" * 20, "b" * 20]
    assert wrap("") == []
    assert wrap("x" * 36) is None
    assert lay_out("1 rue A", [], ["Le Bourg"], "FR") == Lines(line2="1 rue A", line3="Le Bourg")


def test_first_and_last_name_go_to_their_own_members() -> None:
    """A peer sends the full name as last name, and no first name."""
    body = _encode(first_name="Zoé", last_name="Martin")
    assert (body["firstName"], body["lastName"]) == ("Zoé", "Martin")


def test_a_first_name_over_29_lends_its_end_to_the_last_name() -> None:
    body = _encode(first_name="Marie-Antoinette Josèphe Jeanne", last_name="Martin")
    assert body["firstName"] == "Marie-Antoinette Josèphe"
    assert body["lastName"] == "Jeanne Martin"


@pytest.mark.parametrize(
    ("fields", "key", "field"),
    [
        ({"last_name": "", "first_name": ""}, "name_missing", "recipient.last_name"),
        ({"first_name": ""}, "first_name_missing", "recipient.first_name"),
        ({"last_name": ""}, "last_name_missing", "recipient.last_name"),
        ({"last_name": "🎁", "first_name": "🎁"}, "name_missing", "recipient.last_name"),
        ({"last_name": "x " * 30}, "name_too_long", "recipient.last_name"),
        ({"street": ""}, "street_missing", "recipient.street"),
        ({"city": ""}, "city_missing", "recipient.city"),
        ({"city": "Saint-" * 7}, "city_too_long", "recipient.city"),
        ({"postcode": ""}, "postcode_missing", "recipient.postcode"),
        ({"postcode": "7501"}, "postcode_wrong", "recipient.postcode"),
    ],
)
def test_each_missing_field_is_named(fields: dict[str, str], key: str, field: str) -> None:
    error = _refused(**fields)
    assert (error.key, error.field) == (f"colissimo.{key}", field)


def test_a_company_stands_for_a_name() -> None:
    body = _encode(company="Café du Port", first_name="", last_name="")
    assert body["companyName"] == "Café du Port"
    assert "lastName" not in body


def test_the_second_line_alone_is_the_street() -> None:
    assert _encode(street="", street2="3 place du Marché")["line2"] == "3 place du Marché"


def test_a_cedex_needs_neither_street_nor_name() -> None:
    body = _encode(street="", first_name="", last_name="", city="PARIS CEDEX 15")
    assert "line2" not in body


def test_the_senders_fields_have_one_error() -> None:
    address = RECIPIENT.model_copy(update={"street": ""})
    with pytest.raises(InvalidShipment) as caught:
        encode_address(Party("sender", address, "FR", []))
    assert (caught.value.key, caught.value.field) == ("colissimo.sender_wrong", "sender.street")


@pytest.mark.parametrize(
    ("country", "postcode", "written"),
    [("FR", "75 015", "75015"), ("LU", "L-1234", "1234"), ("LU", "1234", "1234")],
)
def test_postcodes_are_written_as_their_country_does(
    country: str, postcode: str, written: str
) -> None:
    assert _encode(country, postcode=postcode)["zipCode"] == written


@pytest.mark.parametrize(
    ("phone", "country", "expected"),
    [
        ("06 12 09 34 57", "FR", "0612093457"),
        ("+33 (0)6.12.09.34.57", "FR", "0612093457"),
        ("0033612093457", "FR", "0612093457"),
        ("33612093457", "FR", "0612093457"),
        ("612093457", "FR", "0612093457"),
        ("+262692093457", "RE", "0692093457"),
        ("0475 12 09 34", "BE", "+32475120934"),
        ("00324 75 12 09 34", "BE", "+32475120934"),
        ("+32 0475 12 09 34", "BE", "+32475120934"),
        ("32475120934", "BE", "+32475120934"),
        ("0171 1209345", "DE", "+491711209345"),
        ("333 1209345", "IT", "+393331209345"),
        ("+44 7911 120934", "FR", "+447911120934"),
        ("+4479111209341209", "FR", ""),
        ("demander au gardien", "FR", ""),
        ("", "FR", ""),
    ],
)
def test_phones_of_any_notation(phone: str, country: str, expected: str) -> None:
    assert clean(phone, country) == expected


@pytest.mark.parametrize(
    ("number", "country", "mobile"),
    [
        ("0612093457", "FR", True),
        ("0712093457", "FR", True),
        ("0112093457", "FR", False),
        ("+447911120934", "FR", True),
        ("+32475120934", "BE", True),
        ("+3222120934", "BE", False),
        ("+33612093457", "BE", False),
    ],
)
def test_what_a_mobile_is(number: str, country: str, mobile: bool) -> None:
    assert is_mobile(number, country) is mobile


@pytest.mark.parametrize("number", ["0612345678", "0687654321", "0600000000", "+33123456789"])
def test_made_up_numbers(number: str) -> None:
    assert is_made_up(number)


def test_a_real_number_is_not_made_up() -> None:
    assert not is_made_up("0612093457")
    assert not is_made_up("1234567")


def test_a_phone_nobody_can_call_is_left_out_and_told() -> None:
    notes: Notes = []
    address = RECIPIENT.model_copy(update={"phone": "voir gardien", "email": "pas d'adresse"})
    body = encode_address(Party("recipient", address, "FR", notes))
    assert "phoneNumber" not in body
    assert "email" not in body
    assert [note[1]["field"] for note in notes] == ["recipient.phone", "recipient.email"]
