"""Fills Tryton's database with records through proteus. Runs in Tryton's environment."""

import datetime
import random
from decimal import Decimal

from session import begin

from proteus import Model, Wizard

PARTIES, OPPORTUNITIES = 300, 200

# Texts that a CSV file, a spreadsheet or a shell may change.
HOSTILE = [
    " ", "=1+1", "+819012345678", "-1", "@SUM(A1)", "'90s", "'", '"', '"a","b"', ",", ";", "\\", "\\.", "\\N", "NULL", "0000037", "1.50", "1e5", "TRUE",
    "髙橋 𠮷野家 ① ｱｲｳ", "家族 👩‍👩‍👧‍👦", "e\u0301 é", "\u202eright to left", "<script>alert(1)</script>", "$(id) `id` %s {}", "x" * 200,
]
random.seed(15)


def company():
    currency = Model.get("currency.currency")(name="円", symbol="¥", code="JPY", numeric_code="392", digits=0, rounding=Decimal(1))
    currency.rates.new(rate=Decimal(1), date=datetime.date(2020, 1, 1))
    currency.save()
    party = Model.get("party.party")(name="保存商事")
    party.save()
    wizard = Wizard("company.company.config")
    wizard.execute("company")
    wizard.form.party, wizard.form.currency = party, currency
    wizard.execute("add")


def parties():
    made = []
    for number in range(PARTIES):
        name = HOSTILE[number] if number < len(HOSTILE) else f"取引先 {number}"
        party = Model.get("party.party")(name=name)
        party.addresses[0].street = random.choice(["港区芝公園4-2-8\n3階", "=1+1", None])
        party.addresses[0].city = random.choice(HOSTILE)
        party.contact_mechanisms.new(type="email", value=f"party{number}@example.com", comment=random.choice(["", None, "二\n行"]))
        made.append(party)
    Model.get("party.party").save(made)
    return made


def opportunities(parties):
    made = []
    for number in range(OPPORTUNITIES):
        opportunity = Model.get("sale.opportunity")(party=random.choice(parties), start_date=datetime.date(2026, 1, 1) + datetime.timedelta(number))
        opportunity.description, opportunity.comment = random.choice(HOSTILE), random.choice([None, "", "two\nlines", "長文" * 5000])
        opportunity.amount = None if number % 10 == 9 else Decimal(random.randrange(1_000_000))
        opportunity.conversion_probability = random.choice([0.1, 0.3333, 0.5, 1])
        made.append(opportunity)
    Model.get("sale.opportunity").save(made)


begin()
company()
begin()
opportunities(parties())
