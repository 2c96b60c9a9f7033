#!/bin/sh
# Whether a key is good for something, with nothing but curl: exit code 0, or 1 if it is refused, or 2 if nobody could be
# asked. What comes after `&&` runs for good keys only.
#
#   printf '%s' "$PRESENTED" | LATCHKEY_URL=https://keys.example.com sh guard.sh deployments:create && ./deploy
#
# It asks the gate (docs/API.md, "Verification codes") with the key itself, so it needs none of its own. The key comes on
# standard input and goes to curl in a configuration: what stands in arguments is seen by other processes.
set -u
read -r key || :
case $key in
'' | *[!A-Za-z0-9._~+/=-]*)
  echo 'refused: 401' >&2
  exit 1
  ;;
esac
status=$(printf 'header = "Authorization: Bearer %s"\n' "$key" |
  curl --config - --silent --max-time 5 --output /dev/null --write-out '%{http_code}' \
    --get --data-urlencode "permission=$1" "$LATCHKEY_URL/v1/whoami")
case $status in
200) exit 0 ;;
401 | 403 | 429)
  echo "refused: $status" >&2
  exit 1
  ;;
*)
  echo 'the key cannot be verified at the moment' >&2
  exit 2
  ;;
esac
