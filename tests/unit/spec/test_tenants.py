"""Files of tenants: what is read, and how wrong ones are told."""

from __future__ import annotations

import pytest

from dcsim.errors import InputError
from dcsim.spec.tenants import TenantSpec, read_tenants


def test_names_of_a_trace_are_taken_as_they_stand(tmp_path):
    file = tmp_path / "tenants.yaml"
    file.write_text("'6214e9': {quota: 100, weight: 2.0}\n'103959': {quota: 8}\nengineers: {opportunistic: true}\n")
    assert read_tenants(file) == {
        "6214e9": TenantSpec(quota=100, weight=2.0),
        "103959": TenantSpec(quota=8),
        "engineers": TenantSpec(opportunistic=True),
    }


def test_every_problem_is_told_at_once(tmp_path):
    file = tmp_path / "tenants.yaml"
    file.write_text("ads: {quta: 3}\nfeed: {quota: -1, weight: 0}\nsearch: 12\nsigma: {quota: 1.5}\n")
    with pytest.raises(InputError) as caught:
        read_tenants(file)
    told = [str(problem).removeprefix(f"{file}:") for problem in caught.value.problems]
    assert told == [
        "1:7: ads.quta: unknown field; did you mean 'quota'?",
        "2:15: feed.quota: must be 0 or more",
        "2:27: feed.weight: must be above 0",
        "3:9: search: needs fields ('name: value'), not 12",
        "4:16: sigma.quota: needs a whole number without a unit, not 1.5",
    ]


@pytest.mark.parametrize(
    "text", ["", "- ads\n", "ads: {quota: 1}\nads: {quota: 2}\n", "ads: {quota: .nan}\n", "103959: {quota: 8}\n"]
)
def test_what_is_no_mapping_of_tenants_is_refused(tmp_path, text):
    file = tmp_path / "tenants.yaml"
    file.write_text(text)
    with pytest.raises(InputError):
        read_tenants(file)


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_tenants(tmp_path / "none.yaml")
