"""Reference values for the statistics of two samples, into references.json beside this file.

Made with scipy 1.17.1, statsmodels 0.15.0, arch 8.0.0:

    pip install scipy statsmodels arch
    python make_references.py
"""

import json
import pathlib

import numpy as np
from arch.bootstrap import optimal_block_length
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

TABLES = [
    (1, 60, 5, 61), (2, 120, 10, 122), (3, 180, 15, 183), (0, 10, 10, 10), (0, 300, 6, 300), (12, 1800, 31, 1790),
    (0, 5, 0, 7), (5, 5, 1, 9), (150, 1000, 149, 990), (400, 18000, 520, 18000), (7, 2995, 2, 2995), (30, 59, 29, 60),
]
LEVELS = {"alone": 0.05, "of_two": 0.025}


def table(row):
    hits_a, of_a, hits_b, of_b = row
    result = {"a": [hits_a, of_a], "b": [hits_b, of_b]}
    result["fisher"] = stats.fisher_exact([[hits_a, of_a - hits_a], [hits_b, of_b - hits_b]])[1]
    for name, alpha in LEVELS.items():
        # B - A.
        newcombe = confint_proportions_2indep(hits_b, of_b, hits_a, of_a, method="newcomb", compare="diff", alpha=alpha)
        wilson = proportion_confint(hits_a, of_a, alpha=alpha, method="wilson")
        result[name] = {"newcombe": list(map(float, newcombe)), "wilson_a": list(map(float, wilson))}
    return result


def indicator(count, seed, stay):
    """A chain of yes and no that any language can make: a linear congruential generator and a threshold."""
    state, value, series = seed, False, []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        share = (state >> 11) / 2**53
        value = share < (stay if value else 0.05)
        series.append(value)
    return np.array(series, dtype=float)


def blocks(count, seed, stay):
    series = indicator(count, seed, stay)
    best = optimal_block_length(series)
    return {"count": count, "seed": seed, "stay": stay, "hits": int(series.sum()),
            "block_frames": float(best["circular"].iloc[0])}


document = {
    "tables": [table(row) for row in TABLES],
    "normal": {"z_975": float(stats.norm.ppf(0.975)), "z_9875": float(stats.norm.ppf(0.9875)),
               "z_80": float(stats.norm.ppf(0.8))},
    "block_lengths": [blocks(count, seed, stay) for count in (60, 300, 1800, 18000) for seed, stay in
                      ((1, 0.05), (2, 0.5), (3, 0.9))],
}
path = pathlib.Path(__file__).with_name("references.json")
path.write_text(json.dumps(document, indent=1) + "\n")
