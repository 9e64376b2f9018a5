"""Run by Alembic."""

from fengqiao_chassis.migrations_env import run

run()
