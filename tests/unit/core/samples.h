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
enum {
    VENDOR_SEED = 'V',
    OTHER_VENDOR_SEED = 'W',
    HOST_SEED = 'H',
    OTHER_HOST_SEED = 'I',
    MACHINE_SEED = 'M',
    OTHER_MACHINE_SEED = 'N'
};
/* The key grown from that letter; yours to free. */
struct signing_key *sample_key(const char *name, uint8_t letter);
/* A machine's key, which names itself. */
struct signing_key *sample_machine_key(uint8_t letter);

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

/* Named by the machine id; grown from MACHINE_SEED and OTHER_MACHINE_SEED. */
#define SAMPLE_MACHINE     "7cb8c4eeba865f0b93ff7b745b8d092e"
#define SAMPLE_MACHINE_KEY SAMPLE_MACHINE "+33becb7a+AWKmEbRy2JsOX8k8BpufcAtMVS1VvA6HtWAI7xe2sr6+"
#define OTHER_MACHINE      "861149211b3afd6652c7a4e8a6433fc9"
#define OTHER_MACHINE_KEY  OTHER_MACHINE "+3e1695a4+AY5Ibo+3lJnboqeJxrFjnUCUlSM8eeDq9S4uofydu7c/"
#define SAMPLE_HARDWARE \
    "hardware board EREREREREREREREREREREQ==\n" \
    "hardware disk IiIiIiIiIiIiIiIiIiIiIg==\n" \
    "hardware mac MzMzMzMzMzMzMzMzMzMzMw==\n"

/* What the machine has seen of the host: signed by the key of HOST_SEED. */
#define SAMPLE_ROOT           "Yw3NKWbEM2aRElRIu7JbT/QSpJxzLbLIq8G4WBvXEN0="
#define SAMPLE_SEEN_SIGNATURE "5T7LUm5e8x6TZItivRWDojK8chPcI4+o0Ra+KPDEmTSfl10r+nQw+ur4P/dKpj5uSvKIleUWHCXv61frtcJsDQ=="
#define SAMPLE_SEEN \
    "seen-origin kms.uni.example/acme.example\n" \
    "seen-size 70000\n" \
    "seen-root " SAMPLE_ROOT "\n" \
    "seen-signature " SAMPLE_SEEN_SIGNATURE "\n"

#define SAMPLE_REQUEST \
    "aval request v1\n" \
    "vendor acme.example\n" \
    "product studio\n" \
    "edition pro\n" \
    "machine-key " SAMPLE_MACHINE_KEY "\n" \
    "host-key " SAMPLE_HOST_KEY "\n" \
    "number 7\n" \
    "time 2026-11-22T09:00:00Z\n" \
    "state grace\n" SAMPLE_HARDWARE SAMPLE_SEEN

#define SAMPLE_RELEASE \
    "aval release v1\n" \
    "license lic-2026-0001\n" \
    "machine-key " SAMPLE_MACHINE_KEY "\n" \
    "host-key " SAMPLE_HOST_KEY "\n" \
    "number 8\n" \
    "time 2026-12-24T17:59:59Z\n" SAMPLE_SEEN

/* The same as the machine signs them. */
#define SAMPLE_REQUEST_SIGNATURE \
    "\n— " SAMPLE_MACHINE \
    " M77LenEDTVXgQAh4wcCtAavL8dbd9U1dZBCqLbAVYhevs7IdS+kcEJL/Pmhi13AIkh8y6G2J8/tD0xn1VCPVNVZDjwY=\n"
#define SAMPLE_RELEASE_SIGNATURE \
    "\n— " SAMPLE_MACHINE \
    " M77LeiA0Zshe7/DwTa7n9qtrumpdXpTCuVTyoR8mYrZipWDNZc9hQXsk5s+AEd9iZ1yVzzDBI7q0GUxKUbNrBAubxAI=\n"
#define SAMPLE_REQUEST_NOTE SAMPLE_REQUEST SAMPLE_REQUEST_SIGNATURE
#define SAMPLE_RELEASE_NOTE SAMPLE_RELEASE SAMPLE_RELEASE_SIGNATURE

/* Leaves: what the host says, and the note behind it. */
#define SAMPLE_LEASE_HEAD \
    "aval lease v1\n" \
    "license lic-2026-0001\n" \
    "issued 2026-11-22T09:00:01Z\n" \
    "expires 2027-05-21T09:00:01Z\n" \
    "renew-after 7d\n" \
    "retry-after 2h\n" \
    "feature export\n" \
    "feature render\n"
#define SAMPLE_LEASE SAMPLE_LEASE_HEAD "\n" SAMPLE_REQUEST_NOTE

#define SAMPLE_RELEASED_HEAD \
    "aval released v1\n" \
    "released 2026-12-24T18:00:00Z\n"
#define SAMPLE_RELEASED SAMPLE_RELEASED_HEAD "\n" SAMPLE_RELEASE_NOTE

#define SAMPLE_SHOWN_VALUES \
    "shown-size 70001\n" \
    "shown-root " SAMPLE_ROOT "\n" \
    "shown-signature " SAMPLE_SEEN_SIGNATURE "\n"
#define SAMPLE_SHOWN       "shown-origin kms.uni.example/acme.example\n" SAMPLE_SHOWN_VALUES
#define SAMPLE_SHOWN_LATER "shown-origin kms.uni.example/acme.example/epoch-7\n" SAMPLE_SHOWN_VALUES

#define SAMPLE_EPOCH \
    "aval epoch v1\n" \
    "origin kms.uni.example/acme.example/epoch-2\n" \
    "previous kms.uni.example/acme.example\n" \
    "size 70000\n" \
    "root " SAMPLE_ROOT "\n" \
    "found 69000\n" \
    "why lost\n" \
    "began 2026-12-24T18:00:00Z\n" SAMPLE_SHOWN

/* Beside the request of SAMPLE_REQUEST_NOTE, whose hash it has. */
#define SAMPLE_ABOUT_HEAD \
    "aval about v1\n" \
    "request IWvUMZxuxCbyPVhBpmNPJWabgaLd3S7y2EQTDrqIiss=\n"
#define SAMPLE_ABOUT_REST \
    "version 4.2.1\n" \
    "data gpu none\n" \
    "data room 3 Süd\n"
#define SAMPLE_ABOUT SAMPLE_ABOUT_HEAD "name lesesaal-7\n" SAMPLE_ABOUT_REST

#define SAMPLE_RECLAIMED \
    "aval reclaimed v1\n" \
    "license lic-2026-0001\n" \
    "machine-key " SAMPLE_MACHINE_KEY "\n" \
    "lease-origin kms.uni.example/acme.example\n" \
    "lease-index 70000\n" \
    "reclaimed 2026-12-24T18:00:00Z\n"

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
    "new-from address\n" \
    "new-at-once 10000\n" \
    "new-per-hour 1000\n" \
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
struct release sample_release(void);
/* A request or a release as the machine with that key (of that letter) signs it; yours to free. */
struct buffer sample_request_note(const struct request *request, uint8_t letter);
struct buffer sample_release_note(const struct release *release, uint8_t letter);
/* A time in the form of the documents. */
seconds sample_time(const char *text);

#endif
