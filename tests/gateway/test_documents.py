from typing import Any

from fengqiao_gateway.docs.page import render
from fengqiao_gateway.domain.documents import merge, unrouted


def op(ref: str, name: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{ref}"}
    return {
        "operationId": name,
        "summary": f"{name} <b>",
        "description": "First line.\n\nSecond <script>alert(1)</script> line.",
        "security": [{"jwt": []}],
        "parameters": [{"name": "q", "in": "query", "schema": {"type": "string", "maxLength": 9}}],
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {
            "200": {"description": "ok", "content": {"application/json": {"schema": schema}}}
        },
    }


def document(paths: dict[str, Any], **schemas: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}}


def thing(**fields: str) -> dict[str, Any]:
    properties = {n: {"type": t} for n, t in fields.items()}
    return {"type": "object", "properties": properties, "required": list(fields)}


OWN = document(
    {"/v1/auth/login": {"post": op("Login", "login") | {"x-open": True}}},
    Login=thing(username="string"),
)
INTAKE = document(
    {
        "/cases": {"post": op("Page", "post_case")},
        "/internal/party-check": {"post": op("Page", "party")},
        "/healthz": {"get": op("Page", "health")},
        "/openapi-extra": {"get": op("Page", "x")},
    },
    Page=thing(total="integer", item="string"),
    Same=thing(a="string"),
)
STATS = document(
    {"/stats/status": {"get": op("Page", "status")}, "/cases": {"get": op("Page", "stolen")}},
    Page={"type": "object", "properties": {"inner": {"$ref": "#/components/schemas/Page"}}},
    Same=thing(a="string"),
)


def test_only_public_paths_of_the_owning_service_are_in_the_document() -> None:
    whole = merge(OWN, {"intake": INTAKE, "analytics": STATS}, "1")
    assert set(whole["paths"]) == {"/v1/auth/login", "/v1/cases", "/v1/stats/status"}
    assert set(whole["paths"]["/v1/cases"]) == {"post"}
    assert whole["openapi"] == "3.1.0"
    assert whole["x-services"]["intake"]
    assert not whole["x-services"]["triage"]


def test_two_schemas_of_one_name_keep_their_own_content() -> None:
    whole = merge(OWN, {"intake": INTAKE, "analytics": STATS}, "1")
    schemas = whole["components"]["schemas"]
    assert schemas["Page"] == INTAKE["components"]["schemas"]["Page"]
    assert schemas["AnalyticsPage"]["properties"]["inner"]["$ref"].endswith("/AnalyticsPage")
    assert "AnalyticsSame" not in schemas
    body = whole["paths"]["/v1/stats/status"]["get"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["$ref"] == "#/components/schemas/AnalyticsPage"


def test_operation_ids_are_unique_and_only_open_calls_need_no_login() -> None:
    whole = merge(OWN, {"intake": INTAKE, "analytics": STATS}, "1")
    operations = [o for item in whole["paths"].values() for o in item.values()]
    ids = [o["operationId"] for o in operations]
    assert len(set(ids)) == len(ids)
    open_calls = [o["operationId"] for o in operations if o.get("security") == []]
    assert open_calls == ["gateway.login"]
    assert {"session", "partner", "cookie"} == set(whole["components"]["securitySchemes"])
    assert all("429" in o["responses"] and "503" in o["responses"] for o in operations)


def test_a_path_that_no_route_leads_to_is_found() -> None:
    assert unrouted("intake", INTAKE, ["/internal", "/healthz"]) == ["/openapi-extra"]


def test_the_page_shows_every_operation_and_field_and_runs_nothing() -> None:
    whole = merge(OWN, {"intake": INTAKE, "analytics": STATS}, "1")
    for lang in ("zh", "en"):
        page = render(whole, lang)
        for text in ("/v1/cases", "/v1/stats/status", "username", "total", "maxLength 9", "curl"):
            assert text in page
        assert "<script" not in page
        assert "&lt;script&gt;" in page
        assert "http://" not in page
        assert "https://" not in page
    assert "必填" in render(whole, "zh")
    assert "required" in render(whole, "en")
