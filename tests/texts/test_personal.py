"""What looks like personal data is found by its form, and figures are not."""

from libs.texts.personal import hints, redacted

FOUND = {
    "Write to john.smith+ir@mail.example.com.": ["e-mail"],
    "Call +1 212-555-0187 or (030) 1234 5678": ["phone", "phone"],
    "Call 212-555-0187": ["phone"],
    "Card 4111 1111 1111 1111 expires": ["card"],
    "IBAN DE89 3704 0044 0532 0130 00 of GB82WEST12345698765432": ["IBAN", "IBAN"],
}
NOTHING = (
    "Revenue rose to 1,234,567,890 from 987 654 321 in 2023-2024",
    "Card 4111 1111 1111 1112 has no right check digit",
    "DE89 3704 0044 0532 0130 01 neither",
    "On 2024-01-02 10:30:00 the index closed at 15,310.97, up 1.25%",
    "AAPL@185.20 and BTC at 64000.12345678",
    "CIK 0000320193-24-000123, ISIN US0378331005",
)


def test_forms_of_personal_data_are_found() -> None:
    assert {text: [hint.kind for hint in hints(text)] for text in FOUND} == FOUND


def test_figures_dates_and_prices_are_no_personal_data() -> None:
    assert {text: hints(text) for text in NOTHING if hints(text)} == {}


def test_what_was_found_is_not_in_what_is_shown() -> None:
    assert redacted("Mail a.b@example.com, card 4111-1111-1111-1111!") == "Mail [e-mail], card [card]!"
