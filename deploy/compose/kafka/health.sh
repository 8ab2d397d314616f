#!/bin/sh
# Asks the broker something as a client does: an open port is not enough. The client's settings are written once, without a password in a command line.
set -eu
client=/tmp/client.properties
if [ ! -f "$client" ]; then
  umask 077
  cat > "$client.new" <<END
security.protocol=SASL_SSL
sasl.mechanism=PLAIN
ssl.truststore.type=PEM
ssl.truststore.location=/run/secrets/ca.crt
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="admin" password="$(cat /run/secrets/kafka-admin)";
END
  mv "$client.new" "$client"
fi
export KAFKA_HEAP_OPTS="-Xmx64m" KAFKA_JVM_PERFORMANCE_OPTS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
exec /opt/kafka/bin/kafka-broker-api-versions.sh --bootstrap-server localhost:9092 --command-config "$client" > /dev/null
