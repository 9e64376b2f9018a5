"""What the demo prints: accounts, and curl lines to try."""

from __future__ import annotations

import json

from .demo_city import ACCOUNTS, CASES, EXAMPLE

_TEXT = """
枫桥演示已就绪 · the demo is ready ({seconds:.0f} s): {url}
  控制台 console {url}/
  文档 docs    {url}/docs
  账户 accounts {accounts}
  密码 password {password}
（虚构城市，没有真实人员；其余案件正在登记，共 {cases} 件 · an invented city without real persons; the
other cases follow while you look, {cases} in all）

试一试 · try it:

TOKEN=$(curl -s {url}/v1/auth/login -H 'content-type: application/json' \\
  -d '{{"username": "city", "password": "{password}"}}' | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')

ID=$(curl -s {url}/v1/cases -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \\
  -H "idempotency-key: $(date +%s%N)" -d '{example}' \\
  | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')

AGAIN="--fail --retry 30 --retry-delay 1 --retry-all-errors"
curl -s $AGAIN {url}/v1/cases/$ID/assessment -H "authorization: Bearer $TOKEN"; echo
until curl -s {url}/v1/cases/$ID/routing -H "authorization: Bearer $TOKEN" | grep '"outlet":"'; do sleep 1; done
curl -s {url}/v1/cases/{story}/timeline -H "authorization: Bearer $TOKEN"; echo   # 新津企业改制

停止 · stop: Ctrl-C
"""


def welcome(url: str, password: str, story: str, seconds: float) -> str:
    """The text of a demo that is ready after `seconds`; `story` is the case to look at first."""
    return _TEXT.format(
        url=url,
        password=password,
        story=story,
        seconds=seconds,
        cases=CASES,
        accounts=" ".join(ACCOUNTS),
        example=json.dumps(EXAMPLE, ensure_ascii=False),
    )
