/* A data folder with a vendor and licenses in it, and a machine that asks; for the tests of the host. */
#ifndef TESTS_SUPPORT_HOST_FIXTURE_H
#define TESTS_SUPPORT_HOST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "authority/authority.h"
#include "authority/folder.h"
#include "core/rules/believe.h"
#include "host/engine.h"
#include "temporary.h"

#define HOST    "kms.uni.example"
#define VENDOR  "acme.example"
#define PRODUCT "studio"
#define EDITION "pro"
#define TODAY   ((seconds)1795338000) /* 2026-11-22T09:00:00Z */

#define assert_ok(expression)           fixture_expect(expression, OK, __FILE__, __LINE__)
#define assert_fails(expression, error) fixture_expect(expression, ERR_##error, __FILE__, __LINE__)

struct host_fixture {
    char root[TEMPORARY_SIZE]; /* removed with the fixture */
    char folder[PATH_SIZE];    /* in it, of the host */
    struct signing_key *vendor;
    struct verifier_key host_key;
    struct log log; /* to nowhere */
};

void fixture_expect(struct result result, enum error_code code, const char *file, int line);

/* A folder enrolled with VENDOR, without licenses. */
void host_fixture_make(struct host_fixture *fixture);
void host_fixture_remove(struct host_fixture *fixture);
/* The same as setup and teardown of a test, whose state it is. */
int host_fixture_setup(void **state);
int host_fixture_teardown(void **state);
/* The signing key of a vendor; each name has always the same. Yours to free. */
struct signing_key *vendor_key(const char *vendor);
void fixture_enroll(const struct host_fixture *fixture, const struct signing_key *vendor,
                    struct verifier_key *ret_host_key);

/* A license in force for PRODUCT and EDITION: threshold 1, seats 100. */
struct license fixture_license(const struct host_fixture *fixture, const char *id);
/* Signs it with the vendor's key and puts it into the folder as it is, checked by nobody. */
void fixture_put_license(const struct host_fixture *fixture, const struct license *license);
void fixture_put_revocations(const struct host_fixture *fixture, uint64_t sequence, const char *license_id);
struct authority *fixture_authority(const struct host_fixture *fixture);

/* The host's clock, for engine_options. */
seconds fixture_now(void);
void fixture_set_now(seconds now);
struct engine_options fixture_options(const struct host_fixture *fixture, struct store *store,
                                      struct authority *authority);

/* The key of HOST for VENDOR, as fixture_enroll makes it. Yours to free. */
struct signing_key *fixture_host_key(void);
/* What a machine says that has seen that checkpoint of it. */
struct seen fixture_seen(const struct checkpoint *checkpoint);

/* The key of a machine; each has always the same. Yours to free. */
struct signing_key *fixture_machine_key(uint64_t machine);
struct machine_id fixture_machine(uint64_t machine);
/* What the machine asks of HOST, with that number; it has seen the empty ledger. */
struct request fixture_request(uint64_t machine, uint64_t number);
struct release fixture_release(uint64_t machine, const char *license, uint64_t number);
/* Appends the note, signed by the machine's key. */
void fixture_sign_request(uint64_t machine, const struct request *request, struct buffer *note);
void fixture_sign_release(uint64_t machine, const struct release *release, struct buffer *note);
/* Makes a job of it, but for its address and what is done with the answer. */
void fixture_ask(struct job *job, uint64_t machine, const struct request *request);
void fixture_give_back(struct job *job, uint64_t machine, const struct release *release);

#endif
