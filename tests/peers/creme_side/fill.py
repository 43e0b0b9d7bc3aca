"""Fills Creme's database with records through Creme's own models and commands. Runs in Creme's environment."""

import datetime
import random

import django

django.setup()

import factory.random
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db.transaction import atomic

from creme.activities.models import Activity, ActivitySubType, Status
from creme.assistants.models import Memo
from creme.creme_core.models import CremeUser, CustomField, HistoryLine
from creme.creme_core.views.file_handling import handle_uploaded_file
from creme.crudity.models import WaitingAction
from creme.documents.models import Document, Folder
from creme.opportunities.models import Opportunity, Origin, SalesPhase
from creme.persons.models import Address, Contact, Organisation

CONTACTS, ORGANISATIONS, OPPORTUNITIES, ACTIVITIES, DOCUMENTS = 2000, 500, 400, 1000, 60

# Texts that a CSV file, a spreadsheet or a shell may change.
HOSTILE = [
    "", " ", "=1+1", "+819012345678", "-1", "@SUM(A1)", "\t=1", "'90s", "'", "''", '"', '""', '"a","b"', ",", ";", "\\", "\\.", "\\N", "NULL", "null",
    "two\nlines", "two\r\nlines", "\r", "\n", "a\rb", " both ends ", "0000037", "4876876000000000001", "1.50", "1e5", "1-2", "TRUE", "{a,b}",
    "(1,2)", "髙橋 𠮷野家 ① ｱｲｳ", "東京都港区芝公園4-2-8", "家族 👩‍👩‍👧‍👦", "e\u0301 é", "\u202eright to left", "\ufeffmark", "␀␍␛ ␛␀", "\x01\x1b\x7f\x85\u2028",
    "'); DROP TABLE persons_contact; --", "<script>alert(1)</script>", "$(id) `id` %s %(name)s {}", "x" * 100,
]
random.seed(15)
factory.random.reseed_random(15)
user = CremeUser.objects.get(username="root")


def hostile():
    return random.choice(HOSTILE)


def sometimes(value):
    return value if random.random() < 0.5 else None


def day():
    return datetime.date(1900, 1, 1) + datetime.timedelta(random.randrange(60_000))


def people():
    """Contacts and organisations: many with names of Creme's own generator, and one of each for every hostile text."""
    call_command("entity_factory", type="contact", number=CONTACTS, language_code="ja", verbosity=0)
    call_command("entity_factory", type="organisation", number=ORGANISATIONS, language_code="ja", verbosity=0)
    for text in HOSTILE:
        extra = {"text": text, "none": None, "list": [1, 2.5, True, text]}
        contact = Contact.objects.create(
            user=user, last_name=text, first_name=hostile(), phone=hostile(), full_position=text, description=text, birthday=sometimes(day()), extra_data=extra)
        Organisation.objects.create(
            user=user, name=text, phone=hostile(), code=text[:30], description=hostile() * 3, capital=sometimes(random.randrange(2**31)), creation_date=sometimes(day()))
        contact.billing_address = Address.objects.create(owner=contact, name=text, address=text, city=hostile(), zipcode=hostile())
        contact.save()
    Contact.objects.create(user=user, last_name="長文", description="あ\r\n" * 300_000)


def own_fields():
    """Fields that an administrator of Creme has added to contacts."""
    values = {
        CustomField.INT: -(2**31), CustomField.FLOAT: "-12345678.90", CustomField.BOOL: False, CustomField.STR: "=1+1", CustomField.TEXT: "二\r\n行",
        CustomField.DATE: datetime.date(1, 1, 1), CustomField.DATETIME: datetime.datetime(1900, 1, 1, 0, 0, 0, 123, datetime.timezone.utc),
    }
    contacts = list(Contact.objects.order_by("id")[:100])
    for kind, value in values.items():
        field = CustomField.objects.create(content_type=Contact, name=f'項目 "{kind}"', field_type=kind)
        for contact in contacts:
            field.value_class.objects.create(custom_field=field, entity=contact, value=value)


def opportunities():
    phases, origins = list(SalesPhase.objects.all()), [*Origin.objects.all(), None]
    managed, others = Organisation.objects.filter(is_managed=True).first(), list(Organisation.objects.filter(is_managed=False))
    for number in range(OPPORTUNITIES):
        Opportunity.objects.create(
            user=user, name=f"商談 {number}", emitter=managed, target=random.choice(others), sales_phase=random.choice(phases), origin=random.choice(origins),
            reference=hostile(), description=hostile(), chance_to_win=sometimes(random.randrange(101)), expected_closing_date=sometimes(day()),
            estimated_sales=None if number % 10 == 9 else random.randrange(1_000_000), made_sales=sometimes(0))


def activities():
    kinds, states = list(ActivitySubType.objects.select_related("type")), [*Status.objects.all(), None]
    for number in range(ACTIVITIES):
        start = sometimes(datetime.datetime(2026, 3, 29, 1, 30, 0, number, datetime.timezone.utc) + datetime.timedelta(hours=number))
        kind = random.choice(kinds)
        Activity.objects.create(
            user=user, title=f"訪問 {number}", start=start, end=start and start + datetime.timedelta(hours=1), minutes=hostile() + hostile(), place=hostile(),
            type=kind.type, sub_type=kind, status=random.choice(states), duration=sometimes(number), is_all_day=number % 3 == 0)


def documents():
    folder = Folder.objects.create(user=user, title="見積書", description=hostile())
    for number in range(DOCUMENTS):
        file = ContentFile(random.randbytes(random.randrange(2_000)), name=f"見積 {number}.pdf")
        path = handle_uploaded_file(file, path=["documents"], max_length=100)
        Document.objects.create(user=user, title=f"{hostile()} {number}"[:100], filedata=path, linked_folder=folder, description=hostile())


def other_tables():
    """Bytes, and texts that are absent or empty in one column."""
    contact_type = ContentType.objects.get_for_model(Contact)
    for data in (None, b"", bytes(range(256)), b"\\x00", b"'"):
        WaitingAction.objects.create(action="create", source="email - raw", raw_data=data, ct=contact_type, subject="メール", user=user)
    for number, contact in enumerate(Contact.objects.order_by("id")[:400]):
        Memo.objects.create(user=user, content=HOSTILE[number % len(HOSTILE)], real_entity=contact, on_homepage=number % 2 == 0)
    lines = HistoryLine.objects.order_by("id")
    for value, at in ((None, 0), ("", 1), ("NULL", 2)):
        HistoryLine.objects.filter(id=lines[at].id).update(value=value)


with atomic():
    for part in (people, own_fields, opportunities, activities, documents, other_tables):
        part()
counted = {model.__name__: model.objects.count() for model in (Contact, Organisation, Opportunity, Activity, Document, Memo)}
print(", ".join(f"{name} {count}" for name, count in counted.items()))
