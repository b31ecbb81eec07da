#!/bin/sh
# Makes the secrets of a new installation, each once: what is there already stays as it is.
#   deploy/make-secrets.sh secrets
# PostgreSQL and Redis are expected under the names `postgres` and `redis`, as compose.yaml calls them; for others:
#   POSTGRES_HOST=db.example.edu REDIS_HOST=redis.example.edu deploy/make-secrets.sh /etc/campus-id/secrets
set -eu

folder=${1:?where to, such as: deploy/make-secrets.sh secrets}
mkdir -p "$folder"
cd "$folder"

# Files are 0444 so that the numbered users of containers can read them, in a folder that nobody else can enter. The
# folders above it stay as they would be: beside it lies what others have to read.
chmod 700 .
umask 077

keep() {
  if [ -e "$1" ]; then return; fi
  printf '%s\n' "$2" > "$1.draft"
  chmod 444 "$1.draft"
  mv "$1.draft" "$1"
}

word() { openssl rand -hex 24; }
key() { printf '%s:%s' "$(date +%Y%m%d)" "$(openssl rand -base64 32)"; }

keep key_encryption_key "$(key)"
keep password_pepper "$(key)"
keep document_hmac_key "$(key)"
keep postgres_password "$(word)"
keep database_url "postgres://campus:$(cat postgres_password)@${POSTGRES_HOST:-postgres}:5432/campus"
keep redis.conf "requirepass $(word)"
keep redis_url "redis://:$(cut -d' ' -f2 redis.conf)@${REDIS_HOST:-redis}:6379"
