"""What forms do: lessons are asked for, chosen and replayed, and only by forms of our own."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from yarl import URL

from tests.integration.commands.conftest import add_failed, add_letter
from tests.integration.web.conftest import TOKEN, Opening, Visitor, visiting
from tests.platform import Platform

FORM = {
    "question": "Why does my bat <b>hurt</b>?",
    "grade": "5",
    "interest": "baseball",
    "length": "60",
    "modality": "text",
    "shape": "9:16",
    "appearance": "dark",
    "captions": "burned_in",
}


async def test_the_form_writes_a_row_publishes_its_message_and_leads_to_it(
    visitor: Visitor, platform: Platform
) -> None:
    answer, _ = await visitor.post("/requests", FORM)
    assert answer.status == 303
    row = await platform.row(UUID(answer.headers["Location"].rpartition("/")[2]))
    assert (row.query, row.grade_level, row.interest) == (FORM["question"], 5, "baseball")
    assert (row.requested_modalities, row.requested_duration_seconds) == (["text"], 60)
    options = {name: FORM[name] for name in ("shape", "appearance", "captions")}
    assert options.items() <= row.request_metadata.items()
    assert await platform.backlog() == 1


async def test_a_form_that_cannot_be_used_comes_back_with_advice_and_what_was_written(
    visitor: Visitor, platform: Platform
) -> None:
    answer, html = await visitor.post("/requests", {**FORM, "length": "9999"})
    assert answer.status == 422
    assert "A lesson lasts 45 to 345 seconds." in html
    assert "Why does my bat &lt;b&gt;hurt" in html
    assert '<details class="options" open>' in html
    assert 'value="9:16" checked' in html
    assert await platform.backlog() == 0


async def test_a_form_without_our_token_or_with_that_of_another_visitor_is_refused(
    open_page: Opening, platform: Platform
) -> None:
    async with open_page() as address, visiting(address) as ann, visiting(address) as bob:
        stolen = await bob.form_token("/")
        await ann.form_token("/")
        for token in ("", "made-up", stolen):
            answer, html = await ann.post("/requests", {**FORM, "form_token": token}, form_on=None)
            assert (answer.status, "not of this page" in html) == (403, True)
    assert await platform.rows("SELECT 1 FROM content_requests") == []


async def test_too_many_orders_from_one_address_have_to_wait(open_page: Opening) -> None:
    async with open_page(orders=2) as address, visiting(address) as visitor:
        answers = [(await visitor.post("/requests", FORM))[0] for _ in range(3)]
    assert [one.status for one in answers] == [303, 303, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 30


async def test_with_a_token_every_page_and_call_needs_it(open_page: Opening) -> None:
    async with open_page(token=TOKEN) as address, visiting(address) as visitor:
        browser = {"Accept": "text/html"}
        answer, _ = await visitor.get("/requests?show=failed", headers=browser)
        assert URL(answer.headers["Location"]).query["next"] == "/requests?show=failed"
        for path in ("/", "/requests", f"/requests/{uuid4()}/progress", "/dead-letters"):
            assert (await visitor.get(path))[0].status == 401
        assert (await visitor.post("/requests", FORM, form_on=None))[0].status == 401
        wrong = {"Authorization": f"Bearer {TOKEN}x"}
        assert (await visitor.get("/", headers=wrong))[0].status == 401
        right = {"Authorization": f"Bearer {TOKEN}"}
        assert (await visitor.get("/", headers=right))[0].status == 200


async def test_the_log_in_keeps_a_cookie_that_no_script_reads(open_page: Opening) -> None:
    async with open_page(token=TOKEN) as address, visiting(address) as visitor:
        answer, html = await visitor.post("/login", {"token": "wrong"}, form_on="/login")
        assert (answer.status, "That is not the token" in html) == (403, True)
        fields = {"token": TOKEN, "next": "/requests?show=failed"}
        answer, _ = await visitor.post("/login", fields, form_on="/login")
        assert (answer.status, answer.headers["Location"]) == (303, "/requests?show=failed")
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert TOKEN not in cookie
        assert (await visitor.get("/"))[0].status == 200
        await visitor.post("/logout", {})
        assert (await visitor.get("/"))[0].status == 401


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_the_log_in_leads_to_pages_of_our_own_only(open_page: Opening, wanted: str) -> None:
    async with open_page(token=TOKEN) as address, visiting(address) as visitor:
        fields = {"token": TOKEN, "next": wanted}
        answer, _ = await visitor.post("/login", fields, form_on="/login")
        assert answer.headers["Location"] == "/"


async def test_a_question_that_is_asked_back_is_a_button_that_asks_it(
    visitor: Visitor, platform: Platform
) -> None:
    request_id = await platform.add_request(
        status="clarification_needed", clarifying_questions='["What is <mass>?", "What is work?"]'
    )
    _, html = await visitor.get(f"/requests/{request_id}")
    assert 'value="What is &lt;mass&gt;?"' in html
    path = f"/requests/{request_id}/choose"
    answer, _ = await visitor.post(path, {"question": "What is <mass>?"})
    row = await platform.row(UUID(answer.headers["Location"].rpartition("/")[2]))
    assert (row.query, row.interest, row.grade_level) == ("What is <mass>?", "basketball", 10)
    assert (await visitor.post(path, {"question": "Anything else"}))[0].status == 404


async def test_an_unsafe_question_is_answered_with_the_text_that_helps(
    visitor: Visitor, platform: Platform
) -> None:
    request_id = await platform.add_request(
        status="unsafe", help_text="Talk to an adult <you> trust."
    )
    _, html = await visitor.get(f"/requests/{request_id}")
    assert "There is no lesson on this." in html
    assert "Talk to an adult &lt;you&gt; trust." in html


async def test_a_dead_letter_is_replayed_once(visitor: Visitor, platform: Platform) -> None:
    request_id = await add_failed(platform, error_hint="mend the child")
    letter = await add_letter(platform, request_id)
    _, html = await visitor.get(f"/requests/{request_id}")
    assert "mend the child" in html
    _, html = await visitor.get("/dead-letters")
    assert "a child died" in html
    path = f"/dead-letters/{letter}/replay"
    answer, _ = await visitor.post(path, {})
    assert answer.headers["Location"] == f"/requests/{request_id}"
    assert (await platform.row(request_id)).status == "pending"
    answer, html = await visitor.post(path, {})
    assert (answer.status, "it was replayed" in html) == (409, True)
    assert (await visitor.post(f"/dead-letters/{uuid4()}/replay", {}))[0].status == 404
