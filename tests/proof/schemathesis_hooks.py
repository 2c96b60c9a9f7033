"""What scripts/schemathesis.mjs tells Schemathesis: who asks, what must not come to harm, and that no secret comes back."""

import os

import schemathesis

SECRETS = {name: os.environ[f"LATCHKEY_SECRET_{name}"] for name in ("OPERATOR", "KEY", "TOKEN", "PASSWORD")}
# What everything else is done with: it is not to be deleted on the way.
OWN = set(os.environ["LATCHKEY_OWN"].split())
ORGANIZATION = os.environ["LATCHKEY_ORGANIZATION"]


def bearer_of(path):
    """Whose route this is."""
    if path.startswith("/operator"):
        return SECRETS["OPERATOR"]
    if path.startswith("/v1"):
        return SECRETS["KEY"]
    return SECRETS["TOKEN"]


@schemathesis.auth(refresh_interval=None)
class Bearer:
    def get(self, case, context):
        return bearer_of(case.path)

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Made-up organizations are mostly unknown ones: nearly all that is asked below one shall reach something."""
    places = case.path_parameters or {}
    if "organizationId" in places and case.path != "/organizations/{organizationId}" and case.meta.generation.mode.is_positive:
        places["organizationId"] = ORGANIZATION
    ends = case.method.upper() == "DELETE" or case.path.endswith(("/suspend", "/transfer", "/revoke", "/rotate"))
    if ends:
        for name, value in places.items():
            if value in OWN and not (name == "organizationId" and case.path != "/organizations/{organizationId}"):
                places[name] = value[:4] + "0" * (len(value) - 4)


@schemathesis.check
def no_secret_comes_back(ctx, response, case):
    seen = response.text + "\n".join(f"{name}: {value}" for name, values in response.headers.items() for value in values)
    for name, secret in SECRETS.items():
        assert secret[-20:] not in seen, f"a secret comes back: {name}"
