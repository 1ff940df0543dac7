/*
 * One document of each kind, as text, all of one small world: vendor acme.example, product studio in editions edu and
 * pro, the host kms.uni.example, one machine. The tests of core begin with these and change what they are about.
 */
#ifndef CORE_SAMPLES_H
#define CORE_SAMPLES_H

#include "core/documents/documents.h"

#define SAMPLE_VENDOR_KEY "acme.example+61421d1c+AYjfVWQTU4sAIBXpYZsBvbXMSMchVkV5JWP1Rg9zB6dj"
#define SAMPLE_HOST_KEY   "kms.uni.example/acme.example+b3d6ada3+AdTuwYafsbik6BdRatWpMVV8tWgFw+sW6POoA9ZH33hp"
#define OTHER_HOST_KEY    "kms.uni.example/acme.example+ce84d82b+AXcsikQrfbBuFmz7wcy8vN5vPrp2pOmO8//FGVAiN9bv"

/* Seeds of those keys: 32 times the same letter. */
enum { VENDOR_SEED = 'V', OTHER_VENDOR_SEED = 'W', HOST_SEED = 'H', OTHER_HOST_SEED = 'I' };
/* The key grown from that letter; yours to free. */
struct signing_key *sample_key(const char *name, uint8_t letter);

#define SAMPLE_PRODUCT \
    "aval product v1\n" \
    "vendor acme.example\n" \
    "product studio\n" \
    "title Acme Studio\n" \
    "issued 2026-11-01T00:00:00Z\n" \
    "grace 30d\n" \
    "vendor-key " SAMPLE_VENDOR_KEY "\n" \
    "edition edu\n" \
    "title Studio for Schools\n" \
    "key 4MF4F-498E0-00000-00000-0D2P6\n" \
    "edition pro\n" \
    "title Studio Professional\n" \
    "key 4K0Y8-7SC80-00000-00000-0K6GY\n" \
    "feature export\n" \
    "feature render\n"

#define SAMPLE_HOST_REQUEST \
    "aval host-request v1\n" \
    "host kms.uni.example\n" \
    "vendor acme.example\n" \
    "customer Universität Beispiel\n" \
    "host-key " SAMPLE_HOST_KEY "\n" \
    "created 2026-11-02T08:30:00Z\n"

#define SAMPLE_LICENSE \
    "aval license v1\n" \
    "license lic-2026-0001\n" \
    "vendor acme.example\n" \
    "customer Universität Beispiel\n" \
    "host-key " SAMPLE_HOST_KEY "\n" \
    "product studio\n" \
    "edition pro\n" \
    "mode volume\n" \
    "threshold 25\n" \
    "seats 26\n" \
    "overage 2\n" \
    "lease 180d\n" \
    "renew 7d\n" \
    "retry 2h\n" \
    "feature export\n" \
    "feature render\n" \
    "issued 2026-11-03T12:00:00Z\n" \
    "not-before 2026-11-03T00:00:00Z\n" \
    "not-after 2027-11-03T00:00:00Z\n"

#define SAMPLE_MACHINE "000102030405060708090a0b0c0d0e0f"
#define SAMPLE_HARDWARE \
    "hardware board EREREREREREREREREREREQ==\n" \
    "hardware disk IiIiIiIiIiIiIiIiIiIiIg==\n" \
    "hardware mac MzMzMzMzMzMzMzMzMzMzMw==\n"
#define SAMPLE_NONCE "AAECAwQFBgcICQoLDA0ODw=="
/* The lock is the hash of the secret. */
#define SAMPLE_SECRET "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define SAMPLE_LOCK   "Yw3NKWbEM2aRElRIu7JbT/QSpJxzLbLIq8G4WBvXEN0="

#define SAMPLE_REQUEST \
    "aval request v1\n" \
    "vendor acme.example\n" \
    "product studio\n" \
    "edition pro\n" \
    "machine " SAMPLE_MACHINE "\n" SAMPLE_HARDWARE "nonce " SAMPLE_NONCE "\n" \
    "lock " SAMPLE_LOCK "\n" \
    "time 2026-11-22T09:00:00Z\n" \
    "state grace\n" \
    "seen 70000\n"

#define SAMPLE_LEASE \
    "aval lease v1\n" \
    "license lic-2026-0001\n" \
    "vendor acme.example\n" \
    "product studio\n" \
    "edition pro\n" \
    "machine " SAMPLE_MACHINE "\n" SAMPLE_HARDWARE "nonce " SAMPLE_NONCE "\n" \
    "lock " SAMPLE_LOCK "\n" \
    "issued 2026-11-22T09:00:01Z\n" \
    "expires 2027-05-21T09:00:01Z\n" \
    "renew-after 7d\n" \
    "retry-after 2h\n" \
    "feature export\n" \
    "feature render\n"

#define SAMPLE_RELEASE \
    "aval release v1\n" \
    "license lic-2026-0001\n" \
    "machine " SAMPLE_MACHINE "\n" \
    "secret " SAMPLE_SECRET "\n"

#define SAMPLE_RELEASED \
    "aval released v1\n" \
    "license lic-2026-0001\n" \
    "machine " SAMPLE_MACHINE "\n" \
    "secret " SAMPLE_SECRET "\n" \
    "released 2026-12-24T18:00:00Z\n"

#define SAMPLE_EPOCH \
    "aval epoch v1\n" \
    "origin kms.uni.example/acme.example/epoch-2\n" \
    "previous kms.uni.example/acme.example\n" \
    "size 70000\n" \
    "root " SAMPLE_LOCK "\n" \
    "found 69000\n" \
    "why lost\n" \
    "began 2026-12-24T18:00:00Z\n"

#define SAMPLE_DENIAL \
    "aval denial v1\n" \
    "code below-threshold\n" \
    "message 12 of 25 machines have asked so far.\n" \
    "count 12\n" \
    "threshold 25\n" \
    "seats 28\n" \
    "held 0\n" \
    "host-time 2026-11-22T09:00:00Z\n" \
    "machine-time 2026-11-22T14:00:00Z\n" \
    "date 2027-11-03T00:00:00Z\n" \
    "retry-after 2h\n"

#define SAMPLE_REVOCATIONS \
    "aval revocations v1\n" \
    "vendor acme.example\n" \
    "sequence 3\n" \
    "issued 2026-12-01T00:00:00Z\n" \
    "license lic-2025-0007\n" \
    "license lic-2026-0001\n" \
    "host-key " SAMPLE_HOST_KEY "\n" \
    "host-key " OTHER_HOST_KEY "\n"

/* The same as structs; the test ends where one cannot be read. */
struct license sample_license(void);
struct request sample_request(void);
struct lease sample_lease(void);
/* A time in the form of the documents. */
seconds sample_time(const char *text);

#endif
