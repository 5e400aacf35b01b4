#!/bin/sh
# The main job on the embedded store: validate, plan, apply, plan again; from the same start each time.
set -eu
cd "$(dirname "$0")/../.."

say() { printf '\n$ reconciler %s\n' "$*"; reconciler --store demo "$@"; }

say sandbox reset
say validate
say plan --out .reconciler/demo-plan.json
say apply .reconciler/demo-plan.json --no-record
say plan
