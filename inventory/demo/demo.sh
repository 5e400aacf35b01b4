#!/bin/sh
# Validate, plan, apply, and plan again on the sandbox, from the same start each time.
set -eu
cd "$(dirname "$0")/../.."

say() { printf '\n$ reconciler %s\n' "$*"; reconciler --store demo "$@"; }

say sandbox reset
say validate
say plan --out .reconciler/demo-plan.json
say show .reconciler/demo-plan.json --format html --out .reconciler/demo-plan.html
say apply .reconciler/demo-plan.json --no-record
say plan
