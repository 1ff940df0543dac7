/*
 * The rules of the machine: one whole chain, made with real keys, and then each of its links broken alone.
 *
 * A fixture holds everything the chain is made of; a test changes one thing and builds the chain anew, so that all that
 * the change does not concern is signed and proved correctly. That is how a forger with keys of their own would do it.
 */
#include "core/rules/believe.h"
#include "mutate.h"
#include "samples.h"

#include "base/secret.h"
#include "core/rules/decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VENDOR    "acme.example"
#define HOST_NAME "kms.uni.example/acme.example"

enum { LEAVES_BEFORE = 5 };

struct chain {
    struct license license;
    struct lease lease;
    struct hardware hardware; /* of this machine */
    struct belief belief;
    struct verifier_key vendor_key;   /* that came with the product */
    struct signing_key *vendor;       /* who signs the license */
    struct signing_key *host;         /* who signs the checkpoint */
    const char *origin;               /* of the ledger */
    struct slice extra;               /* the lease text to show instead of the leaf; empty: the leaf itself */
    struct signing_key *machine;      /* who signs the request, */
    const char *signature;            /* unless this stands there, behind the text; NULL: nothing */
    const char *awaited;              /* the request that this machine awaits; NULL: the one in the leaf */
    const struct verifier_key *asked; /* the host key that it has asked; NULL: the one in the leaf */
};

static struct chain *chain_new(void)
{
    struct chain *chain = calloc(1, sizeof *chain);
    assert_non_null(chain);
    chain->license = sample_license();
    chain->lease = sample_lease();
    chain->hardware = sample_request().hardware;
    chain->machine = sample_machine_key(MACHINE_SEED);
    chain->vendor = sample_key(VENDOR, VENDOR_SEED);
    chain->host = sample_key(HOST_NAME, HOST_SEED);
    chain->origin = HOST_NAME;
    chain->vendor_key = *signing_key_verifier(chain->vendor);
    chain->belief = (struct belief){
        .vendor_keys = &chain->vendor_key,
        .vendor_key_count = 1,
        .vendor = VENDOR,
        .product = "studio",
        .edition = "pro",
        .machine_key = signing_key_verifier(chain->machine),
        .number = chain->lease.request.number,
        .hardware = &chain->hardware,
        .now = chain->lease.issued,
        .fresh = true,
    };
    return chain;
}

static void chain_free(struct chain *chain)
{
    signing_key_free(chain->vendor);
    signing_key_free(chain->host);
    signing_key_free(chain->machine);
    free(chain);
}

static void sign_with(struct signing_key **key, const char *name, uint8_t letter)
{
    signing_key_free(*key);
    *key = sample_key(name, letter);
}

static struct buffer license_note(const struct chain *chain)
{
    struct buffer text CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
    assert_true(is_ok(license_write(&chain->license, &text)));
    struct buffer note = buffer_make(NOTE_MAX);
    const struct signing_key *const keys[] = {chain->vendor};
    assert_true(is_ok(note_sign(buffer_slice(&text), keys, 1, &note)));
    return note;
}

static struct buffer request_note(const struct chain *chain)
{
    struct buffer text CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
    assert_true(is_ok(request_write(&chain->lease.request, &text)));
    struct buffer note = buffer_make(MACHINE_NOTE_MAX);
    if (chain->signature == NULL)
        assert_true(is_ok(machine_note_sign(buffer_slice(&text), chain->machine, &note)));
    else
        buffer_printf(&note, "%s%s", buffer_text(&text), chain->signature);
    return note;
}

static struct buffer lease_leaf(const struct chain *chain)
{
    struct buffer note CLEANUP_BUFFER = request_note(chain);
    struct buffer text = buffer_make(LEAF_MAX);
    assert_true(is_ok(lease_write(&chain->lease, buffer_slice(&note), &text)));
    return text;
}

/* The proof of the lease's leaf in a ledger that held a few leaves before. */
static struct buffer lease_proof(const struct chain *chain)
{
    struct buffer text CLEANUP_BUFFER = lease_leaf(chain);
    struct hash leaves[LEAVES_BEFORE + 1];
    for (size_t i = 0; i < LEAVES_BEFORE; i++)
        leaves[i] = merkle_leaf(slice_make(&i, 1));
    leaves[LEAVES_BEFORE] = merkle_leaf(buffer_slice(&text));
    struct frontier frontier = {0};
    struct merkle_batch *batch = NULL;
    assert_true(is_ok(merkle_append(&frontier, leaves, LEAVES_BEFORE + 1, &batch)));

    struct checkpoint checkpoint = {.size = merkle_batch_size(batch), .root = merkle_batch_root(batch)};
    assert_true(is_ok(slice_copy_text(slice_of(chain->origin), checkpoint.origin, sizeof checkpoint.origin)));
    struct buffer signed_text CLEANUP_BUFFER = buffer_make(NOTE_MAX);
    checkpoint_write(&checkpoint, &signed_text);
    struct buffer note CLEANUP_BUFFER = buffer_make(NOTE_MAX);
    const struct signing_key *const keys[] = {chain->host};
    assert_true(is_ok(note_sign(buffer_slice(&signed_text), keys, 1, &note)));

    const struct slice shown = chain->extra.size > 0 ? chain->extra : buffer_slice(&text);
    struct tlog_proof proof = {.has_extra = true, .extra_size = shown.size, .index = LEAVES_BEFORE};
    memcpy(proof.extra, shown.data, shown.size);
    proof.path_length = merkle_batch_proof(batch, LEAVES_BEFORE, proof.path);
    proof.checkpoint = buffer_slice(&note);
    struct buffer out = buffer_make(PROOF_MAX);
    tlog_proof_write(&proof, &out);
    assert_true(is_ok(buffer_status(&out)));
    merkle_batch_free(batch);
    return out;
}

static RESULT believe_both(const struct chain *chain, struct slice license, struct slice proof,
                           struct believed *ret_believed)
{
    struct buffer note CLEANUP_BUFFER = request_note(chain);
    struct belief belief = chain->belief;
    belief.awaited = chain->awaited != NULL ? slice_of(chain->awaited) : buffer_slice(&note);
    belief.asked = chain->asked != NULL ? chain->asked : &chain->lease.request.host_key;
    return believe(&belief, license, proof, ret_believed);
}

static enum error_code believe_chain(const struct chain *chain)
{
    struct buffer license CLEANUP_BUFFER = license_note(chain);
    struct buffer proof CLEANUP_BUFFER = lease_proof(chain);
    struct believed believed;
    return result_code(believe_both(chain, buffer_slice(&license), buffer_slice(&proof), &believed));
}

static void add_other_host(struct chain *chain)
{
    struct verifier_key other;
    assert_true(is_ok(verifier_key_read(slice_of(OTHER_HOST_KEY), &other)));
    assert_true(is_ok(license_add_host(&chain->license, &other)));
}

static void each_host_of_the_license_signs_the_ledger_that_it_was_asked_for(void **state)
{
    (void)state;
    struct chain *chain = chain_new();
    add_other_host(chain);
    assert_int_equal(believe_chain(chain), OK);
    signing_key_free(chain->host);
    chain->host = sample_key(chain->origin, OTHER_HOST_SEED);
    assert_int_equal(believe_chain(chain), ERR_CHECKPOINT_SIGNER);
    chain->lease.request.host_key = *signing_key_verifier(chain->host);
    assert_int_equal(believe_chain(chain), OK);
    const struct verifier_key first = chain->license.host_keys[0];
    chain->asked = &first;
    assert_int_equal(believe_chain(chain), ERR_LEASE_OTHER_REQUEST);
    chain_free(chain);
}

static void a_whole_chain_is_believed(void **state)
{
    (void)state;
    struct chain *chain = chain_new();
    struct buffer license CLEANUP_BUFFER = license_note(chain);
    struct buffer proof CLEANUP_BUFFER = lease_proof(chain);
    struct believed believed;
    assert_true(is_ok(believe_both(chain, buffer_slice(&license), buffer_slice(&proof), &believed)));
    assert_string_equal(believed.license.id, "lic-2026-0001");
    assert_int_equal(believed.lease.expires, chain->lease.expires);
    assert_int_equal(believed.checkpoint.size, LEAVES_BEFORE + 1);
    assert_string_equal(believed.checkpoint.origin, HOST_NAME);
    assert_int_equal(believed.index, LEAVES_BEFORE);
    chain_free(chain);
}

/* Ways to break one link. */
static void license_by_other_key(struct chain *chain)
{
    sign_with(&chain->vendor, VENDOR, OTHER_VENDOR_SEED);
}
static void license_by_other_vendor(struct chain *chain)
{
    sign_with(&chain->vendor, "other.example", VENDOR_SEED);
}
static void no_vendor_key(struct chain *chain)
{
    chain->belief.vendor_key_count = 0;
}
static void vendor_of_other_name(struct chain *chain)
{
    chain->belief.vendor = "other.example";
}
static void license_of_other_product(struct chain *chain)
{
    memcpy(chain->license.product, "games", 6);
}
static void license_of_other_edition(struct chain *chain)
{
    memcpy(chain->license.edition, "edu", 4);
}
static void license_not_begun(struct chain *chain)
{
    chain->belief.now = chain->license.not_before - CLOCK_TOLERANCE - 1;
}
static void license_over(struct chain *chain)
{
    chain->belief.now = chain->license.not_after;
}
static void checkpoint_by_other_key(struct chain *chain)
{
    sign_with(&chain->host, HOST_NAME, OTHER_HOST_SEED);
}
static void checkpoint_by_other_host(struct chain *chain)
{
    sign_with(&chain->host, "evil.example/acme.example", HOST_SEED);
}
static void checkpoint_by_the_vendor(struct chain *chain)
{
    sign_with(&chain->host, VENDOR, VENDOR_SEED);
}
static void checkpoint_of_other_ledger(struct chain *chain)
{
    chain->origin = "kms.uni.example/other.example";
}
static void lease_not_logged(struct chain *chain)
{
    static const char text[] = SAMPLE_LEASE_HEAD "x-note changed\n\n" SAMPLE_REQUEST_NOTE;
    chain->extra = slice_of(text);
}
static void lease_of_other_license(struct chain *chain)
{
    memcpy(chain->lease.license, "lic-2026-0002", 14);
}
static void ask_host(struct chain *chain, const char *name, uint8_t letter)
{
    struct signing_key *key CLEANUP_SIGNING_KEY = sample_key(name, letter);
    chain->lease.request.host_key = *signing_key_verifier(key);
    assert_true(is_ok(origin_write(name, 1, chain->lease.request.seen.origin)));
}
static void lease_of_other_vendor(struct chain *chain)
{
    memcpy(chain->lease.request.vendor, "other.example", 14);
    ask_host(chain, "kms.uni.example/other.example", HOST_SEED);
}
static void lease_of_other_product(struct chain *chain)
{
    memcpy(chain->lease.request.product, "games", 6);
}
static void lease_of_other_edition(struct chain *chain)
{
    memcpy(chain->lease.request.edition, "edu", 4);
}
static void lease_asked_of_other_key(struct chain *chain)
{
    ask_host(chain, HOST_NAME, OTHER_HOST_SEED);
}
static void lease_asked_of_other_host(struct chain *chain)
{
    ask_host(chain, "kms2.uni.example/acme.example", HOST_SEED);
}
static void sign_as_machine(struct chain *chain, uint8_t letter)
{
    signing_key_free(chain->machine);
    chain->machine = sample_machine_key(letter);
    chain->lease.request.machine_key = *signing_key_verifier(chain->machine);
    chain->lease.request.machine = machine_id_of(chain->lease.request.machine_key.public_key);
}
/* What this machine is does not change with who signs. */
static struct verifier_key own_key(void)
{
    struct verifier_key key;
    assert_true(is_ok(verifier_key_read(slice_of(SAMPLE_MACHINE_KEY), &key)));
    return key;
}
static void lease_of_other_machine(struct chain *chain)
{
    static struct verifier_key own;
    own = own_key();
    sign_as_machine(chain, OTHER_MACHINE_SEED);
    chain->belief.machine_key = &own;
}
static void other_request_of_that_number(struct chain *chain)
{
    chain->awaited = SAMPLE_REQUEST_NOTE;
    chain->lease.request.state = STATE_UNLICENSED;
}
static void changed_time(struct chain *chain)
{
    chain->awaited = SAMPLE_REQUEST_NOTE;
    chain->lease.request.time++;
}
static void changed_seen(struct chain *chain)
{
    chain->awaited = SAMPLE_REQUEST_NOTE;
    chain->lease.request.seen.size--;
}
static void await_next(struct chain *chain)
{
    chain->awaited = SAMPLE_REQUEST_NOTE;
    chain->belief.number = 7;
    chain->lease.request.number = 6;
}
static void request_of_higher_number(struct chain *chain)
{
    chain->awaited = SAMPLE_REQUEST_NOTE;
    chain->lease.request.number = 8;
}
static void request_of_the_last_release(struct chain *chain)
{
    await_next(chain);
    chain->belief.released = 6;
}
static void request_before_the_last_release(struct chain *chain)
{
    await_next(chain);
    chain->belief.released = 100;
}
/* In its name, with a signature that it made under something else. */
static void earlier_request_that_nobody_signed(struct chain *chain)
{
    await_next(chain);
    chain->signature = SAMPLE_RELEASE_SIGNATURE;
}
static void earlier_request_of_other_machine(struct chain *chain)
{
    lease_of_other_machine(chain);
    await_next(chain);
}
static void earlier_lease_that_ended(struct chain *chain)
{
    await_next(chain);
    chain->belief.now = chain->lease.expires;
}
static void earlier_lease_from_the_future(struct chain *chain)
{
    await_next(chain);
    chain->belief.now = chain->lease.issued - CLOCK_TOLERANCE - 1;
}
static void stored_lease_of_other_machine(struct chain *chain)
{
    chain->belief.fresh = false;
    lease_of_other_machine(chain);
}
static void stored_lease_that_nobody_signed(struct chain *chain)
{
    chain->belief.fresh = false;
    chain->signature = SAMPLE_RELEASE_SIGNATURE;
}
static void stored_lease_that_was_released(struct chain *chain)
{
    chain->belief.fresh = false;
    chain->belief.released = 7;
}
static void lease_long_after_its_request(struct chain *chain)
{
    chain->lease.request.time = chain->lease.issued - CLOCK_TOLERANCE - 1;
}
static void lease_long_before_its_request(struct chain *chain)
{
    chain->lease.request.time = chain->lease.issued + CLOCK_TOLERANCE + 1;
}
static void offline_lease_after_more_than_thirty_days(struct chain *chain)
{
    chain->lease.offline = true;
    chain->lease.request.time = chain->lease.issued - OFFLINE_MAX - 1;
}
static void other_hardware(struct chain *chain)
{
    chain->hardware.digests[0].digest[0] ^= 1;
    chain->hardware.digests[2].digest[0] ^= 1;
}
static void lease_without_hardware(struct chain *chain)
{
    chain->lease.request.hardware = (struct hardware){0};
}
static void lease_before_license(struct chain *chain)
{
    chain->lease.issued = chain->license.not_before - 1;
    chain->lease.request.time = chain->lease.issued;
    chain->lease.expires = chain->lease.issued + DAY;
    chain->lease.renew_after = HOUR;
    chain->belief.now = chain->lease.issued;
}
static void lease_beyond_license(struct chain *chain)
{
    chain->lease.issued = chain->license.not_after - 10 * DAY;
    chain->lease.request.time = chain->lease.issued;
    chain->lease.expires = chain->license.not_after + 1;
    chain->belief.now = chain->lease.issued;
}
static void lease_too_long(struct chain *chain)
{
    chain->lease.expires = chain->lease.issued + chain->license.lease + 1;
}
static void lease_renewed_too_late(struct chain *chain)
{
    chain->lease.renew_after = chain->license.renew + 1;
}
static void lease_with_more_features(struct chain *chain)
{
    assert_true(is_ok(features_add(&chain->lease.features, slice_of("everything"))));
}
static void lease_from_the_past(struct chain *chain)
{
    chain->belief.now = chain->lease.issued + CLOCK_TOLERANCE + 1;
}
static void lease_from_the_future(struct chain *chain)
{
    chain->belief.now = chain->lease.issued - CLOCK_TOLERANCE - 1;
}
static void stored_lease_from_the_future(struct chain *chain)
{
    chain->belief.fresh = false;
    lease_from_the_future(chain);
}

static const struct {
    const char *what;
    void (*breaks)(struct chain *chain);
    enum error_code code;
} links[] = {
    {"license by a key that only has the vendor's name", license_by_other_key, ERR_LICENSE_SIGNER},
    {"license by another vendor's key", license_by_other_vendor, ERR_LICENSE_SIGNER},
    {"no key to trust", no_vendor_key, ERR_LICENSE_SIGNER},
    {"product of another vendor", vendor_of_other_name, ERR_LICENSE_OTHER_VENDOR},
    {"license of another product", license_of_other_product, ERR_LICENSE_OTHER_PRODUCT},
    {"license of another edition", license_of_other_edition, ERR_LICENSE_OTHER_PRODUCT},
    {"license that has not begun", license_not_begun, ERR_LICENSE_NOT_IN_FORCE},
    {"license that is over", license_over, ERR_LICENSE_NOT_IN_FORCE},
    {"checkpoint by a key that only has the host's name", checkpoint_by_other_key, ERR_CHECKPOINT_SIGNER},
    {"checkpoint by another host", checkpoint_by_other_host, ERR_CHECKPOINT_SIGNER},
    {"checkpoint by the vendor", checkpoint_by_the_vendor, ERR_CHECKPOINT_SIGNER},
    {"checkpoint of another ledger", checkpoint_of_other_ledger, ERR_CHECKPOINT_ORIGIN},
    {"lease that is not in the ledger", lease_not_logged, ERR_PROOF_WRONG},
    {"lease of another license", lease_of_other_license, ERR_LEASE_OTHER_LICENSE},
    {"lease of another vendor", lease_of_other_vendor, ERR_LEASE_OTHER_PRODUCT},
    {"lease of another product", lease_of_other_product, ERR_LEASE_OTHER_PRODUCT},
    {"lease of another edition", lease_of_other_edition, ERR_LEASE_OTHER_PRODUCT},
    {"lease of another machine", lease_of_other_machine, ERR_LEASE_OTHER_MACHINE},
    {"lease asked of another key", lease_asked_of_other_key, ERR_LEASE_OTHER_REQUEST},
    {"lease asked of another host", lease_asked_of_other_host, ERR_LEASE_OTHER_REQUEST},
    {"another request with the number awaited", other_request_of_that_number, ERR_LEASE_OTHER_REQUEST},
    {"the request awaited with another time", changed_time, ERR_LEASE_OTHER_REQUEST},
    {"the request awaited with something else seen", changed_seen, ERR_LEASE_OTHER_REQUEST},
    {"a request with a higher number", request_of_higher_number, ERR_LEASE_OTHER_REQUEST},
    {"an earlier request with the last release's number", request_of_the_last_release, ERR_LEASE_OTHER_REQUEST},
    {"an earlier request from before the last release", request_before_the_last_release, ERR_LEASE_OTHER_REQUEST},
    {"an earlier request that nobody signed", earlier_request_that_nobody_signed, ERR_LEASE_OTHER_REQUEST},
    {"an earlier request of another machine", earlier_request_of_other_machine, ERR_LEASE_OTHER_MACHINE},
    {"an earlier lease that has ended", earlier_lease_that_ended, ERR_LEASE_NOT_NOW},
    {"an earlier lease from the future", earlier_lease_from_the_future, ERR_LEASE_NOT_NOW},
    {"stored lease of another machine", stored_lease_of_other_machine, ERR_LEASE_OTHER_MACHINE},
    {"stored lease that nobody signed", stored_lease_that_nobody_signed, ERR_LEASE_OTHER_REQUEST},
    {"stored lease that was released", stored_lease_that_was_released, ERR_LEASE_OTHER_REQUEST},
    {"lease long after its request", lease_long_after_its_request, ERR_LEASE_DATES},
    {"lease long before its request", lease_long_before_its_request, ERR_LEASE_DATES},
    {"offline, and too long after its request", offline_lease_after_more_than_thirty_days, ERR_LEASE_DATES},
    {"lease on other hardware", other_hardware, ERR_LEASE_HARDWARE},
    {"lease that fits any hardware", lease_without_hardware, ERR_LEASE_HARDWARE},
    {"lease before its license", lease_before_license, ERR_LEASE_DATES},
    {"lease beyond its license", lease_beyond_license, ERR_LEASE_DATES},
    {"lease longer than allowed", lease_too_long, ERR_LEASE_DATES},
    {"lease renewed later than allowed", lease_renewed_too_late, ERR_LEASE_DATES},
    {"lease with a feature of its own", lease_with_more_features, ERR_LEASE_FEATURES},
    {"lease from the past", lease_from_the_past, ERR_LEASE_NOT_NOW},
    {"lease from the future", lease_from_the_future, ERR_LEASE_NOT_NOW},
    {"stored lease from the future", stored_lease_from_the_future, ERR_LEASE_NOT_NOW},
};

static void each_broken_link_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        struct chain *chain = chain_new();
        links[i].breaks(chain);
        const enum error_code code = believe_chain(chain);
        if (code != links[i].code)
            fail_msg("%s: %s", links[i].what, code == OK ? "believed" : error_info(code)->name);
        chain_free(chain);
    }
}

static void the_clocks_may_be_four_hours_apart(void **state)
{
    (void)state;
    static const seconds apart[] = {-CLOCK_TOLERANCE, CLOCK_TOLERANCE};
    for (size_t i = 0; i < 2; i++) {
        struct chain *chain = chain_new();
        chain->belief.now = chain->lease.issued + apart[i];
        assert_int_equal(believe_chain(chain), OK);
        chain_free(chain);
    }
}

static void an_answer_carried_in_a_file_may_be_thirty_days_old(void **state)
{
    (void)state;
    struct chain *chain = chain_new();
    chain->lease.offline = true;
    chain->belief.now = chain->lease.issued + OFFLINE_MAX;
    assert_int_equal(believe_chain(chain), OK);
    chain->belief.now++;
    assert_int_equal(believe_chain(chain), ERR_LEASE_NOT_NOW);
    chain->belief.now = chain->lease.issued - CLOCK_TOLERANCE - 1;
    assert_int_equal(believe_chain(chain), ERR_LEASE_NOT_NOW);
    chain_free(chain);
}

static void one_changed_part_of_three_is_still_this_machine(void **state)
{
    (void)state;
    struct chain *chain = chain_new();
    chain->hardware.digests[1].digest[0] ^= 1;
    assert_int_equal(believe_chain(chain), OK);
    chain_free(chain);
}

/* Whether it has expired is another question than whether it is genuine. */
static void a_stored_lease_is_believed_however_old(void **state)
{
    (void)state;
    struct chain *chain = chain_new();
    chain->belief.fresh = false;
    chain->belief.now = chain->license.not_after + 1000 * DAY;
    assert_int_equal(believe_chain(chain), OK);
    chain_free(chain);
}

static void a_second_vendor_key_is_as_good_as_the_first(void **state)
{
    (void)state;
    struct chain *chain = chain_new();
    struct signing_key *other CLEANUP_SIGNING_KEY = sample_key(VENDOR, OTHER_VENDOR_SEED);
    const struct verifier_key keys[] = {*signing_key_verifier(other), chain->vendor_key};
    chain->belief.vendor_keys = keys;
    chain->belief.vendor_key_count = 2;
    assert_int_equal(believe_chain(chain), OK);
    chain_free(chain);
}

static void a_revoked_license_is_refused_unless_another_vendor_says_so(void **state)
{
    (void)state;
    struct chain *chain = chain_new();
    struct revocations *revocations = malloc(sizeof *revocations);
    assert_non_null(revocations);
    assert_true(is_ok(revocations_read(slice_of(SAMPLE_REVOCATIONS), revocations)));
    chain->belief.revocations = revocations;
    assert_int_equal(believe_chain(chain), ERR_LICENSE_REVOKED);
    chain->belief.fresh = false;
    assert_int_equal(believe_chain(chain), ERR_LICENSE_REVOKED);
    memcpy(revocations->vendor, "other.example", 14);
    assert_int_equal(believe_chain(chain), OK);
    free(revocations);
    chain_free(chain);
}

static void a_proof_without_the_lease_is_refused(void **state)
{
    (void)state;
    struct chain *chain = chain_new();
    struct buffer license CLEANUP_BUFFER = license_note(chain);
    struct buffer proof CLEANUP_BUFFER = lease_proof(chain);
    const char *text = buffer_text(&proof);
    const char *extra = strstr(text, "extra ");
    const char *behind = strchr(extra, '\n') + 1;
    struct buffer without CLEANUP_BUFFER = buffer_make(PROOF_MAX);
    buffer_append(&without, text, (size_t)(extra - text));
    buffer_append_text(&without, behind);
    struct believed believed;
    const struct result outcome = believe_both(chain, buffer_slice(&license), buffer_slice(&without), &believed);
    assert_int_equal(result_code(outcome), ERR_PROOF_FORM);
    chain_free(chain);
}

static void a_refusal_leaves_the_output_untouched(void **state)
{
    (void)state;
    struct chain *chain = chain_new();
    lease_from_the_past(chain);
    struct buffer license CLEANUP_BUFFER = license_note(chain);
    struct buffer proof CLEANUP_BUFFER = lease_proof(chain);
    struct believed believed;
    memset(&believed, 0x5a, sizeof believed);
    const struct believed before = believed;
    assert_false(is_ok(believe_both(chain, buffer_slice(&license), buffer_slice(&proof), &believed)));
    assert_memory_equal(&believed, &before, sizeof believed);
    chain_free(chain);
}

/* A running lease is given again under a request that this machine made earlier; it may be old. */
static void an_earlier_request_of_its_own_is_believed_where_a_running_lease_is_given_again(void **state)
{
    (void)state;
    struct chain *chain = chain_new();
    await_next(chain);
    assert_int_equal(believe_chain(chain), OK);
    chain->belief.released = 5;
    assert_int_equal(believe_chain(chain), OK);
    chain->belief.now = chain->lease.expires - 1;
    assert_int_equal(believe_chain(chain), OK);
    chain->lease.request.number = 1;
    chain->belief.released = 0;
    assert_int_equal(believe_chain(chain), OK);
    chain_free(chain);
}

/* Whose signature under it is its own needs no copy of the request, nor its number. */
static void a_stored_lease_is_known_by_the_signature_in_it(void **state)
{
    (void)state;
    struct chain *chain = chain_new();
    chain->belief.fresh = false;
    chain->awaited = "";
    chain->belief.number = 0;
    assert_int_equal(believe_chain(chain), OK);
    chain->belief.released = 6;
    assert_int_equal(believe_chain(chain), OK);
    chain_free(chain);
}

/* The one that is awaited was made by this machine: there is nothing to verify, and what is verified all the same is
 * the chain around it. */
static void the_awaited_request_is_compared_and_not_verified(void **state)
{
    (void)state;
    struct chain *chain = chain_new();
    chain->signature = SAMPLE_RELEASE_SIGNATURE;
    assert_int_equal(believe_chain(chain), OK);
    chain_free(chain);
}

static void what_the_operator_answered_as_a_file_may_be_thirty_days_old(void **state)
{
    (void)state;
    struct chain *chain = chain_new();
    chain->license.not_before -= 30 * DAY;
    chain->lease.offline = true;
    chain->lease.request.time = chain->lease.issued - OFFLINE_MAX;
    assert_int_equal(believe_chain(chain), OK);
    chain->lease.offline = false;
    assert_int_equal(believe_chain(chain), ERR_LEASE_DATES);
    chain_free(chain);
}

/* A host shows its license before it is asked: the first two links are those of the whole chain. */
static void the_license_alone_is_believed_by_the_first_two_links(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        struct chain *chain = chain_new();
        links[i].breaks(chain);
        struct buffer note CLEANUP_BUFFER = license_note(chain);
        struct license license;
        memset(&license, 7, sizeof license);
        const struct license before = license;
        const enum error_code code = result_code(believe_license(&chain->belief, buffer_slice(&note), &license));
        const bool of_license = strncmp(error_info(links[i].code)->name, "license-", 8) == 0;
        assert_int_equal(code, of_license ? links[i].code : OK);
        if (code != OK)
            assert_memory_equal(&license, &before, sizeof license);
        else
            assert_string_equal(license.id, "lic-2026-0001");
        chain_free(chain);
    }
}

/* Believes with one of the two parts replaced by the mutant. */
struct attempt {
    const struct chain *chain;
    struct slice license;
    struct slice proof;
    bool mutate_license;
};

static bool believed_with(void *context, struct slice mutant)
{
    const struct attempt *attempt = context;
    struct believed believed;
    return is_ok(believe_both(attempt->chain, attempt->mutate_license ? mutant : attempt->license,
                              attempt->mutate_license ? attempt->proof : mutant, &believed));
}

static void no_flipped_bit_and_no_truncation_of_license_or_proof_is_believed(void **state)
{
    (void)state;
    struct chain *chain = chain_new();
    struct buffer license CLEANUP_BUFFER = license_note(chain);
    struct buffer proof CLEANUP_BUFFER = lease_proof(chain);
    struct attempt attempt = {chain, buffer_slice(&license), buffer_slice(&proof), true};
    assert_true(believed_with(&attempt, attempt.license));
    assert_int_equal(mutate_each_bit(attempt.license, believed_with, &attempt), 0);
    assert_int_equal(mutate_each_truncation(attempt.license, believed_with, &attempt), 0);
    attempt.mutate_license = false;
    assert_int_equal(mutate_each_bit(attempt.proof, believed_with, &attempt), 0);
    assert_int_equal(mutate_each_truncation(attempt.proof, believed_with, &attempt), 0);
    chain_free(chain);
}

/* Shows the mutant in place of the lease that the ledger holds. */
static bool believed_showing(void *context, struct slice mutant)
{
    struct chain *chain = context;
    chain->extra = mutant;
    const enum error_code code = believe_chain(chain);
    chain->extra = (struct slice){0};
    return code == OK;
}

static void no_flipped_bit_and_no_truncation_of_the_lease_in_a_proof_is_believed(void **state)
{
    (void)state;
    struct chain *chain = chain_new();
    struct buffer lease CLEANUP_BUFFER = lease_leaf(chain);
    assert_true(believed_showing(chain, buffer_slice(&lease)));
    assert_int_equal(mutate_each_bit(buffer_slice(&lease), believed_showing, chain), 0);
    struct slice cut = buffer_slice(&lease);
    while (--cut.size > 0)
        assert_false(believed_showing(chain, cut));
    chain_free(chain);
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

/* Somebody who is not root cannot read every number of the machine. What he cannot read counts neither for nor against
 * a lease that is stored; all that he can read must match where that is less than three, and something must be left. */
static void what_a_reader_may_not_look_at_counts_neither_way(void **state)
{
    (void)state;
    struct chain *chain = chain_new();
    struct hardware unreadable = {0};
    const struct hardware whole = chain->hardware;
    assert_int_equal(whole.count, 3);
    chain->belief.fresh = false;
    chain->belief.unreadable = &unreadable;
    assert_int_equal(believe_chain(chain), OK);

    chain->hardware.count = 0; /* this reader finds nothing, */
    assert_int_equal(believe_chain(chain), ERR_LEASE_HARDWARE);
    unreadable.digests[unreadable.count++] = whole.digests[0];
    chain->hardware = whole; /* or all but one, which is there and closed to him */
    memmove(chain->hardware.digests, whole.digests + 1, (whole.count - 1) * sizeof *whole.digests);
    chain->hardware.count = whole.count - 1;
    assert_int_equal(believe_chain(chain), OK);
    chain->hardware.digests[0].digest[0] ^= 1;
    assert_int_equal(believe_chain(chain), ERR_LEASE_HARDWARE);

    unreadable = whole; /* who can look at nothing knows nothing of the machine */
    chain->hardware.count = 0;
    assert_int_equal(believe_chain(chain), ERR_LEASE_HARDWARE);
    chain->hardware = whole;
    chain->belief.fresh = true; /* a lease that was just asked for is whole */
    assert_int_equal(believe_chain(chain), OK);
    chain_free(chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_chain_is_believed),
        cmocka_unit_test(each_host_of_the_license_signs_the_ledger_that_it_was_asked_for),
        cmocka_unit_test(each_broken_link_is_named),
        cmocka_unit_test(the_clocks_may_be_four_hours_apart),
        cmocka_unit_test(an_answer_carried_in_a_file_may_be_thirty_days_old),
        cmocka_unit_test(one_changed_part_of_three_is_still_this_machine),
        cmocka_unit_test(a_stored_lease_is_believed_however_old),
        cmocka_unit_test(an_earlier_request_of_its_own_is_believed_where_a_running_lease_is_given_again),
        cmocka_unit_test(a_stored_lease_is_known_by_the_signature_in_it),
        cmocka_unit_test(the_awaited_request_is_compared_and_not_verified),
        cmocka_unit_test(what_the_operator_answered_as_a_file_may_be_thirty_days_old),
        cmocka_unit_test(a_second_vendor_key_is_as_good_as_the_first),
        cmocka_unit_test(a_revoked_license_is_refused_unless_another_vendor_says_so),
        cmocka_unit_test(the_license_alone_is_believed_by_the_first_two_links),
        cmocka_unit_test(a_proof_without_the_lease_is_refused),
        cmocka_unit_test(a_refusal_leaves_the_output_untouched),
        cmocka_unit_test(no_flipped_bit_and_no_truncation_of_license_or_proof_is_believed),
        cmocka_unit_test(no_flipped_bit_and_no_truncation_of_the_lease_in_a_proof_is_believed),
        cmocka_unit_test(what_a_reader_may_not_look_at_counts_neither_way),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
