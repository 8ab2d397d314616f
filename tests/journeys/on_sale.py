"""A model that is on sale: trained, published, reviewed and approved."""

from dataclasses import dataclass

from tests.journeys.customer import Customer, small_model
from tests.journeys.platform import Platform
from tests.journeys.test_cli import an_admin

STUDIO = "/api/ai-studio"
OFFER = {
    "title": "Swings of two large caps",
    "description": "A journey from training to the shop window",
    "category": "MOMENTUM",
    "asset_classes": ["EQUITY"],
    "monthly_price": "29.00",
    "acknowledge_static_data": True,
}


@dataclass(frozen=True)
class OnSale:
    """A seller and the ids of a model of theirs that is on sale."""

    seller: Customer
    model_id: str
    listing_id: str


async def put_on_sale(platform: Platform) -> OnSale:
    """Train a model and put it on sale, unseen by others until it is approved."""
    seller, others = await Customer(platform.gateway).sign_up(), await Customer(platform.gateway).sign_up()
    reviewer = await an_admin(platform)
    model_id = await seller.make_model(small_model("for sale"))
    assert (await seller.ended(await seller.train(model_id)))["status"] == "COMPLETED"
    published = await seller.persist("POST", f"{STUDIO}/models/{model_id}/publish/", body=OFFER, accept={201})
    listing_id = str(published.json()["listing_id"])
    assert (await others.call("GET", f"{STUDIO}/marketplace/{listing_id}/")).status_code == 404
    await reviewer.persist("POST", f"{STUDIO}/marketplace/{listing_id}/approve/", accept={200})
    for customer in (seller, others, reviewer):
        await customer.close()
    return OnSale(seller, model_id, listing_id)
