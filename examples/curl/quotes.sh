#!/bin/sh
# Follows the quotes of some symbols with nothing but curl, and prints a line for each.
#
#     TICKGRAPH_API_KEY=tgk_... sh quotes.sh AAPL EUR.USD
#
# The server sends them as server-sent events (SSE). After an outage it connects again, and it ends on Ctrl-C.
set -u

url=${TICKGRAPH_URL:-http://127.0.0.1:8080/graphql}
if [ -z "${TICKGRAPH_API_KEY:-}" ] || [ $# -eq 0 ]; then
    echo "Put an API key into TICKGRAPH_API_KEY, and name one or more symbols: sh quotes.sh AAPL" >&2
    exit 1
fi
trap 'exit 0' INT TERM

# Sends the body $1 and accepts the media type $2. The key goes in by a file that is none, since the arguments of a
# program can be seen by others. Behind the answer comes a line with its status.
ask() {
    printf 'header = "Authorization: Bearer %s"\n' "$TICKGRAPH_API_KEY" |
        curl --silent --show-error --no-buffer --keepalive-time 20 --config - --header "Accept: $2" \
            --header 'Content-Type: application/json' --data "$1" --write-out '\nstatus %{http_code}\n' "$url"
}

# The text between $2 and the next quotation mark in $1; a dash where there is none.
field() {
    case $1 in
        *"$2"*) rest=${1#*"$2"} && printf '%s' "${rest%%\"*}" ;;
        *) printf '%s' - ;;
    esac
}

refused() {
    echo "The server does not take this key: it is wrong, revoked or has expired." >&2
    exit 1
}

# The ids of the symbols, each in quotation marks, with commas between them. While the server or its broker is
# away, it asks again.
ids=
for symbol in "$@"; do
    id=-
    while [ "$id" = - ]; do
        answer=$(ask "{\"query\": \"query(\$text: String!) { instruments(search: \$text, first: 20) { nodes { symbol id } } }\",
            \"variables\": {\"text\": \"$symbol\"}}" application/json)
        id=$(field "$answer" "{\"symbol\":\"$symbol\",\"id\":\"")
        case $answer in
            *'status 401'* | *'status 403'*) refused ;;
            *'"nodes":'*) [ "$id" != - ] || { echo "No instrument has the symbol $symbol." >&2; exit 1; } ;;
            *) echo "no answer yet; trying again: $(field "$answer" '"message":"')" >&2 && sleep 2 ;;
        esac
    done
    ids="$ids${ids:+, }\"$id\""
done

query='subscription($instruments: [ID!]!) { quotes(instruments: $instruments, maxHz: 5) {
    ... on Quote { instrument { symbol } state last { price } bid { price } ask { price } }
    ... on StreamGap { instrument { symbol } gap: reason } } }'
body=$(printf '{"query": "%s", "variables": {"instruments": [%s]}}' "$(printf '%s' "$query" | tr '\n' ' ')" "$ids")

# One event is two lines: "event: next" and "data: ..." with the result; an empty line comes between events.
while :; do
    ask "$body" text/event-stream | while IFS= read -r line; do
        symbol=$(field "$line" '"symbol":"')
        case $line in
            'data: '*'"gap":"'*) echo "$symbol GAP $(field "$line" '"gap":"')" ;;
            'data: '*'"state":"'*)
                echo "$symbol $(field "$line" '"state":"') last $(field "$line" '"last":{"price":"')" \
                    "bid $(field "$line" '"bid":{"price":"') ask $(field "$line" '"ask":{"price":"')"
                ;;
            *'"errors":'*) field "$line" '"message":"' >&2 && echo >&2 ;;
            'status 401' | 'status 403') refused ;;
        esac
    done || exit 1
    echo "the stream has ended; connecting again" >&2
    sleep "$(awk 'BEGIN { srand(); print 1 + rand() * 2 }')"
done
