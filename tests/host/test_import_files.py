"""Reading files of cases in every state in which they arrive."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from fengqiao_host.import_files import FileReader, FileRow
from fengqiao_host.import_mapping import (
    ColumnMap,
    ImportProblem,
    case_of,
    parse_mapping,
    profile_map,
    profile_names,
)


def read(path: Path, *needed: str) -> list[FileRow]:
    return list(FileReader(path, frozenset(needed)).rows())


def good(rows: list[FileRow]) -> list[int]:
    return [row.line for row in rows if row.values is not None]


def bad(rows: list[FileRow]) -> list[tuple[int, str]]:
    return [(row.line, row.code) for row in rows if row.values is None]


def test_json_lines_are_read_with_their_line_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": "一"}\n\n{"a": 2}\nnot json\n[1]\n{"a": 3}', "utf-8")

    rows = read(path)
    assert good(rows) == [1, 3, 6]
    assert bad(rows) == [(4, "bad-json"), (5, "bad-json")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_table_is_read_in_the_usual_encodings(
    tmp_path: Path, encoding: str, *, packed: bool
) -> None:
    data = "标题,正文\n噪音,楼上装修\n".encode(encoding)
    path = tmp_path / ("a.csv.gz" if packed else "a.csv")
    path.write_bytes(gzip.compress(data) if packed else data)

    (row,) = read(path, "标题", "正文")
    assert row.values == {"标题": "噪音", "正文": "楼上装修"}


def test_lines_of_mixed_encodings_are_read_each_in_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    text = json.dumps({"a": "赡养"}, ensure_ascii=False)
    path.write_bytes(b"\n".join([text.encode(), text.encode("gb18030"), b'{"a": "\xff\xff"}']))

    rows = read(path)
    assert [row.values["a"] for row in rows if row.values] == ["赡养", "赡养"]
    assert bad(rows) == [(3, "bad-encoding")]


def test_a_broken_line_of_a_table_spoils_its_own_row_only(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("a,b\n1,好\n".encode() + b"2,\xff\xff\n" + "3,好\n4\n5,好\n".encode())

    rows = read(path, "a")
    assert good(rows) == [2, 4, 6]
    assert bad(rows) == [(3, "bad-encoding"), (5, "bad-columns")]


def test_a_quoted_cell_may_hold_lines_and_commas(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a,b\n"第一行\n第二行, 逗号",1\n后,2\n', "utf-8")

    rows = read(path, "a")
    assert [row.line for row in rows] == [2, 4]
    assert rows[0].values == {"a": "第一行\n第二行, 逗号", "b": "1"}


def test_a_cut_gzip_gives_the_lines_before_the_cut_and_says_so(tmp_path: Path) -> None:
    lines = [json.dumps({"n": n, "noise": n**20}) for n in range(3000)]
    packed = gzip.compress("\n".join(lines).encode())
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(packed[: len(packed) // 2])

    reader = FileReader(path)
    rows = list(reader.rows())
    assert reader.cut
    assert 0 < len(good(rows)) < 3000
    assert [row.values for row in rows[:-1]] == [json.loads(x) for x in lines[: len(rows) - 1]]
    assert bad(rows) == [(0, "cut-file")]


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    for name in ("a.jsonl", "a.csv", "a.jsonl.gz"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(b"") if name.endswith("gz") else b"")
        assert read(path, "a") == []


def test_a_missing_column_of_a_table_is_named_before_anything_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("title,time\nx,y\n", "utf-8")

    with pytest.raises(ImportProblem, match="body"):
        read(path, "title", "body")


def test_a_file_in_utf_16_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n", "utf-16")

    with pytest.raises(ImportProblem, match="UTF-8"):
        read(path, "a")


def test_several_columns_make_one_narrative() -> None:
    mapping = parse_mapping("narrative=title+body,reported_at=time,external=msg_id")
    row = {"title": "噪音", "body": " 楼上装修 ", "time": "2019-02-28T11:25:05", "msg_id": 7}

    assert case_of(row, mapping, {"channel": "petition", "area": "510100"}) == {
        "channel": "petition",
        "area": "510100",
        "narrative": "噪音\n楼上装修",
        "reported_at": "2019-02-28T11:25:05",
        "external_ref": {"system": "petition", "number": "7"},
    }


def test_the_petition_stream_has_a_profile_of_its_own() -> None:
    assert {"petition-stream", "narratives"} <= set(profile_names())
    mapping = profile_map("petition-stream")
    assert mapping.columns["narrative"] == ("title", "body")
    assert mapping.needed() == {"title", "body", "time", "msg_id"}


@pytest.mark.parametrize("text", ["", "time=a", "narrative", "narrativ=a", "narrative="])
def test_a_mapping_that_makes_no_case_is_refused(text: str) -> None:
    with pytest.raises(ImportProblem):
        parse_mapping(text)


def test_a_row_without_a_needed_column_is_noticed() -> None:
    mapping = parse_mapping("narrative=title+body")

    with pytest.raises(KeyError, match="body"):
        case_of({"title": "x"}, mapping, {})


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("2019/2/28 9:05", "2019-02-28T09:05"),
        ("2019-2-28", "2019-02-28T00:00"),
        ("2019年2月28日", "2019-02-28T00:00"),
        ("2019-02-28T11:25:05+08:00", "2019-02-28T11:25:05+08:00"),
        ("yesterday", "yesterday"),
    ],
)
def test_times_of_spreadsheets_are_understood_and_others_left_to_the_service(
    given: str, sent: str
) -> None:
    mapping = ColumnMap({"narrative": ("n",), "reported_at": ("t",)})

    assert case_of({"n": "x", "t": given}, mapping, {})["reported_at"] == sent


def test_parties_come_from_columns_or_from_a_list() -> None:
    mapping = parse_mapping(
        "narrative=n,applicant=a,applicant_phone=p,respondent=r,people_count=c,amount=m"
    )
    row = {
        "n": "x",
        "a": "王大明",
        "p": "13800138000",
        "r": "成都某某公司",
        "c": "44",
        "m": "1,200.5",
    }

    case = case_of(row, mapping, {})
    assert case["parties"] == [
        {"role": "applicant", "kind": "person", "name": "王大明", "phone": "13800138000"},
        {"role": "respondent", "kind": "company", "name": "成都某某公司"},
    ]
    assert (case["people_count"], case["amount"]) == (44, "1200.5")
    listed = [{"role": "applicant", "kind": "person", "name": "曾德富"}]
    mapping = profile_map("narratives")
    synthetic: dict[str, Any] = {
        "text": "x",
        "channel": "grid",
        "division": "510104",
        "parties": listed,
        "occurred_on": None,
        "id": "s-1",
    }
    case = case_of(synthetic, mapping, {})
    assert case["parties"] == listed
    assert "occurred_on" not in case
