"""Who may have an account, which passwords are accepted, and who may manage whom."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from fengqiao_contracts.errors import Forbidden, Invalid

ROLES = (
    "admin",
    "city",
    "district",
    "clerk",
    "mediator",
    "partner",
    "party",
    "auditor",
)
MANAGED_BY = {
    "admin": frozenset(ROLES),
    "city": frozenset(ROLES) - {"admin", "auditor"},
}
"""Which roles' accounts a role may make and change. The auditor is named by the admin alone:
who acts is never who checks (GB/T 22239, three separate administrators)."""
NEEDS_AREA = frozenset({"city", "district", "clerk"})
MIN_PASSWORD, MAX_PASSWORD = 10, 256

_USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])\Z")
_SYSTEM = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?\Z")
_POOR = (
    "password",
    "12345678",
    "qwertyui",
    "fengqiao",
    "11111111",
    "abcdefgh",
    "88888888",
)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What makes an account; the password's hash comes separately."""

    username: str
    name: str
    role: str
    areas: tuple[str, ...] = ()
    person_id: str | None = None
    system: str | None = None


def username_of(text: str) -> str:
    """The one form of a username: NFKC, lower case, trimmed; it need not be a valid one."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def check_account(new: NewAccount) -> None:
    """Raises Invalid naming the first field that does not fit the role."""
    if not _USERNAME.match(new.username):
        raise Invalid(
            "bad-username",
            "用户名应为 2–64 位小写字母、数字、点、下划线或连字符",
            "A username has 2-64 lower-case letters, digits, dots, underscores or hyphens",
            "username",
        )
    if new.role not in ROLES:
        raise Invalid(
            "bad-role", f"角色应为: {'、'.join(ROLES)}", f"One of: {', '.join(ROLES)}", "role"
        )
    if new.role in NEEDS_AREA and not new.areas:
        raise Invalid(
            "area-needed",
            "该角色必须有管辖区域: 请填写区域代码",
            "This role needs at least one area code",
            "areas",
        )
    if new.role == "mediator" and not new.person_id:
        raise Invalid(
            "person-needed",
            "调解员账户必须写明名册中的调解员编号",
            "A mediator's account must name its mediator id of the registry",
            "person_id",
        )
    if new.role == "partner":
        check_system(new.system or "")


def check_system(system: str) -> None:
    """Raises Invalid where a partner system's name is not a short lower-case word."""
    if not _SYSTEM.match(system):
        raise Invalid(
            "bad-system",
            "协作系统名称应为 1–40 位小写字母、数字、下划线或连字符, 如 court",
            "A partner system has 1-40 lower-case letters, digits, _ or -, such as court",
            "system",
        )


def check_password(password: str, username: str) -> None:
    """Raises Invalid for a password that is too short, too long, or too easily guessed."""
    low = unicodedata.normalize("NFKC", password).lower()
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise Invalid(
            "bad-password",
            f"密码应为 {MIN_PASSWORD}–{MAX_PASSWORD} 个字符",
            f"A password has {MIN_PASSWORD}-{MAX_PASSWORD} characters",
            "password",
        )
    guessable = any(low.startswith(p) for p in _POOR) and len(low) < 16
    if username in low or len(set(low)) < 5 or guessable:
        raise Invalid(
            "weak-password",
            "密码太容易猜到: 不要含用户名、常见词或重复字符",
            "Too easy to guess: choose one without username, common word or repeated characters",
            "password",
        )


def check_may_manage(manager_role: str, role: str) -> None:
    """Raises Forbidden where the manager's role may not make or change accounts of `role`."""
    if role not in MANAGED_BY.get(manager_role, frozenset()):
        raise Forbidden(
            "may-not-manage",
            "当前角色不能管理该类账户",
            "Your role may not manage accounts of this role",
            "role",
        )


def check_within(manager_paths: Sequence[str], paths: Sequence[str]) -> None:
    """Raises Forbidden where an area path does not lie under one of the manager's."""
    for path in paths:
        if not any(path.startswith(mine) for mine in manager_paths):
            raise Forbidden(
                "outside-your-area",
                "不能授予超出自己管辖范围的区域",
                "You cannot grant an area outside your own",
                "areas",
            )
