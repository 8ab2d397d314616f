#!/bin/sh
# Asks as a user does: a server that still reads its file says so instead of PONG.
REDISCLI_AUTH=$(cat /run/secrets/valkey-admin) valkey-cli --tls --cacert /run/secrets/ca.crt --user admin ping | grep -q PONG
