"""The bodies of the label service, read as strictly as its schema is written.

Unknown members, `null`, numbers or booleans sent as strings are refused. What the service itself
reports with a code of its own (a missing postcode, a wrong weight) is left to `rules`: such a
member has an empty default here. Over-long text is cut in `lengths`.
Source: reference §1.2–1.4, SLS 3.1.
"""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?\S*)?")
_MEMBERS_OF_3_1 = frozenset({"hazmat_flag", "hazmat_category", "hazmat_print_logo", "post_command"})


def _date(text: str) -> str:
    if text and not _DATE.fullmatch(text):
        raise ValueError("a date is written YYYY-MM-DD")
    if text:
        date.fromisoformat(text[:10])
    return text


Date = Annotated[str, AfterValidator(_date)]
Int32 = Annotated[int, Field(ge=-(2**31), lt=2**31)]


class _Strict(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, alias_generator=to_camel
    )

    def sent(self, member: str) -> bool:
        """Whether the caller sent `member` at all."""
        return member in self.model_fields_set


class Address(_Strict):
    """Sender, recipient, importer: line 2 is number and street."""

    company_name: str = ""
    last_name: str = ""
    first_name: str = ""
    line0: str = ""
    line1: str = ""
    line2: str = ""
    line3: str = ""
    country_code: str = ""
    city: str = ""
    zip_code: str = ""
    phone_number: str = ""
    mobile_number: str = ""
    door_code1: str = Field(default="", alias="doorCode1")
    door_code2: str = Field(default="", alias="doorCode2")
    intercom: str = ""
    email: str = ""
    language: str = ""
    state_or_province_code: str = ""


class OutputFormat(_Strict):
    """Where and how the label is printed; `x` and `y` are points."""

    x: Annotated[int, Field(ge=-9999, le=9999)]
    y: Annotated[int, Field(ge=-120, le=120)]
    output_printing_type: str = ""
    dematerialized: bool = False
    return_type: Literal["SendPDFByMail", "SendPDFLinkByMail", ""] = ""
    print_cod_document: bool = Field(default=False, alias="printCODDocument")


class Service(_Strict):
    """The product and what belongs to the whole shipment; amounts are cents."""

    product_code: str = ""
    deposit_date: Date = ""
    mail_box_picking: bool = False
    mail_box_picking_date: Date = ""
    vat_code: Int32 = 0
    vat_percentage: Int32 = 0
    vat_amount: Int32 = 0
    transportation_amount: Int32 = 0
    total_amount: Int32 = 0
    order_number: str = ""
    commercial_name: str = ""
    return_type_choice: Int32 = 0
    reseau_postal: Literal["0", "1", ""] = ""


class Parcel(_Strict):
    """One box: weight in kilograms, amounts in cents."""

    parcel_number: str = ""
    insurance_amount: Int32 = 0
    insurance_value: Int32 = 0
    recommendation_level: str = ""
    weight: float = 0.0
    non_machinable: bool = False
    return_receipt: bool = False
    instructions: str = ""
    pickup_location_id: str = ""
    ftd: bool = False
    ddp: bool = False
    disabled_delivery_blocking_code: Literal["0", "1", ""] = ""
    hazmat_flag: bool = False
    hazmat_category: str = ""
    hazmat_print_logo: bool = False
    post_command: bool = False
    cod: bool = False
    codcurrency: str = ""
    codamount: Int32 = 0


class Sender(_Strict):
    """Who sends; for a return, the consumer."""

    sender_parcel_ref: str = ""
    address: Address = Address()


class Addressee(_Strict):
    """Who receives; for a return, the merchant."""

    addressee_parcel_ref: str = ""
    code_bar_for_reference: bool = False
    service_info: str = ""
    promotion_code: str = ""
    address: Address = Address()


class Article(_Strict):
    """One kind of goods: `weight` kilograms net and `value`, both per unit."""

    description: str = ""
    quantity: Int32 = 0
    weight: float = 0.0
    value: float = 0.0
    hs_code: str = ""
    origin_country: str = ""
    origin_country_label: str = ""
    currency: str = ""
    artref: str = ""
    original_ident: str = ""
    vat_amount: float = 0.0
    customs_fees: float = 0.0


class Category(_Strict):
    """1 gift, 2 sample, 3 commercial, 4 document, 5 other, 6 returned goods."""

    value: Int32 = 0


class Original(_Strict):
    """The outward parcel and invoice that returned goods came with."""

    original_ident: str = ""
    original_invoice_number: str = ""
    original_invoice_date: Date = ""
    original_parcel_number: str = ""


class Contents(_Strict):
    """What is in the box."""

    article: tuple[Article, ...] = ()
    category: Category = Category()
    original: tuple[Original, ...] = ()
    explanations: str = ""


class CustomsDeclarations(_Strict):
    """The CN23 declaration."""

    include_customs_declarations: bool = False
    number_of_copies: Annotated[int, Field(ge=1, le=4)] = 4
    contents: Contents = Contents()
    importers_reference: str = ""
    importers_contact: str = ""
    office_origin: str = ""
    comments: str = ""
    description: str = ""
    invoice_number: str = ""
    licence_number: str = ""
    certificat_number: str = ""
    importer_address: Address = Address()


class Letter(_Strict):
    """One parcel and everything said about it."""

    service: Service
    parcel: Parcel
    customs_declarations: CustomsDeclarations = CustomsDeclarations()
    sender: Sender = Sender()
    addressee: Addressee
    cod_sender_address: Address = Address()


class FieldEntry(_Strict):
    """One key of reference §1.4 and its value."""

    key: str
    value: str


class Fields(_Strict):
    """The free list; the two spellings mean the same."""

    field: tuple[FieldEntry, ...] = ()
    custom_field: tuple[FieldEntry, ...] = ()

    def get(self, key: str) -> str:
        """The value of `key`, empty when it was not sent."""
        return next((f.value for f in (*self.field, *self.custom_field) if f.key == key), "")


class CustomizationTemplate(_Strict):
    """One free text of a template."""

    customizable_reference_key: Int32 = 0
    customizable_reference_value: str = ""


class CustomizationField(_Strict):
    """One free text on the label."""

    type: str = ""
    x: Int32 = 0
    y: Int32 = 0
    taille: str = ""
    value: str = ""


class CustomizationFields(_Strict):
    """Free texts on the label."""

    reference: tuple[CustomizationTemplate, ...] = ()
    customization_field: tuple[CustomizationField, ...] = ()


class CheckRequest(_Strict):
    """Body of `checkGenerateLabel`: the output format may be absent."""

    contract_number: str = ""
    password: str = ""
    letter: Letter
    output_format: OutputFormat = OutputFormat(x=0, y=0)
    fields: Fields = Fields()
    customization_fields: CustomizationFields = CustomizationFields()

    @property
    def newer_members(self) -> frozenset[str]:
        """Members sent that only 3.1 knows."""
        return _MEMBERS_OF_3_1 & self.letter.parcel.model_fields_set


class LabelRequest(CheckRequest):
    """Body of `generateLabel`."""

    output_format: OutputFormat


class ReprintRequest(_Strict):
    """Body of `getLabel`."""

    parcel_number: str = ""
    output_printing_type: str = ""
