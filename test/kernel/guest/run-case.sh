#!/bin/bash
# run-case.sh FILE: runs a case and says at which command it failed.
[[ $1 = *.py ]] && PYTHONPATH=$HERE PYTHONDONTWRITEBYTECODE=1 exec python3 "$1"
set -eEuo pipefail
case_file=$1
trap 'echo "$(basename "$case_file") line $LINENO: $BASH_COMMAND"' ERR
. "$HERE/expect.sh"
. "$case_file"
