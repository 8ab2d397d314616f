#!/bin/sh
# Makes /tls/tls.crt, tls.key and ca.crt for this pod: Ray's nodes call each other by address, the head by the name of its service too.
set -eu
umask 077
cat > /tls/request <<END
[req]
distinguished_name = name
req_extensions = extensions
prompt = no
[name]
CN = modelbourse-ray
[extensions]
subjectAltName = IP:127.0.0.1,IP:$POD_IP,DNS:localhost,DNS:ray-head-svc,DNS:ray-head-svc.$POD_NAMESPACE.svc.cluster.local
extendedKeyUsage = serverAuth,clientAuth
END
openssl req -new -newkey rsa:3072 -nodes -keyout /tls/tls.key -out /tls/signing -config /tls/request
openssl x509 -req -in /tls/signing -CA /ca/tls.crt -CAkey /ca/tls.key -set_serial "0x$(openssl rand -hex 16)" -days 365 \
  -extfile /tls/request -extensions extensions -out /tls/tls.crt
cp /ca/tls.crt /tls/ca.crt
rm /tls/request /tls/signing
