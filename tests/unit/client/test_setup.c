/* Installing products, keys and hosts, and giving a lease back. */
#include "faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int install(struct world *world, aval_machine *machine, seconds issued, const struct signing_key *key)
{
    char vendor_key[VERIFIER_KEY_TEXT_SIZE];
    struct buffer document = buffer_make(NOTE_MAX);
    network_product(&world->network, issued, &document);
    verifier_key_write(signing_key_verifier(key), vendor_key);
    const int code = aval_product_install(machine, (const char *)document.data, document.size, vendor_key);
    buffer_free(&document);
    return code;
}

static void a_product_by_another_vendor_key_is_refused(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_open(world, "one", "one");
    assert_int_equal(install(world, machine, NOW, world->network.rogue_vendor), AVAL_SIGNER_UNKNOWN);
    assert_int_equal(aval_product_install(machine, "document", 8, "acme.example+no key"), AVAL_KEY_FORM);
    assert_false(world_has(world, "one/products"));
}

static void an_older_issue_does_not_replace_a_newer(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_open(world, "one", "one");
    struct buffer newer = buffer_make(NOTE_MAX);
    struct buffer now = buffer_make(NOTE_MAX);
    assert_int_equal(install(world, machine, NOW, world->network.vendor), AVAL_OK);
    world_read(world, "one/" LEASE_IN "product", &newer);
    assert_int_equal(install(world, machine, NOW - DAY, world->network.vendor), AVAL_OK);
    world_read(world, "one/" LEASE_IN "product", &now);
    assert_true(slice_equal(buffer_slice(&newer), buffer_slice(&now)));
    buffer_clear(&now);
    assert_int_equal(install(world, machine, NOW + DAY, world->network.vendor), AVAL_OK);
    world_read(world, "one/" LEASE_IN "product", &now);
    assert_false(slice_equal(buffer_slice(&newer), buffer_slice(&now)));
    buffer_free(&newer);
    buffer_free(&now);
}

/* A correction of the same second, say. */
static void another_issue_of_the_same_time_replaces_the_one_that_is_there(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    const struct signing_key *signer = world->network.vendor;
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    CLEANUP_BUFFER struct buffer other = buffer_make(NOTE_MAX);
    char vendor_key[VERIFIER_KEY_TEXT_SIZE];
    static struct product product;
    world_read(world, IN "product", &note);
    assert_true(is_ok(product_open(buffer_slice(&note), signing_key_verifier(signer), 1, &product)));
    snprintf(product.title, sizeof product.title, "Acme Studio, corrected");
    assert_true(is_ok(product_write(&product, &text)));
    assert_true(is_ok(note_sign(buffer_slice(&text), &signer, 1, &other)));
    verifier_key_write(signing_key_verifier(signer), vendor_key);
    assert_int_equal(aval_product_install(machine, (const char *)other.data, other.size, vendor_key), AVAL_OK);
    assert_string_equal(world_status(machine).title, "Acme Studio, corrected");
}

static void a_mistyped_key_says_in_which_group(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    const struct product_key generic = product_key_generic("acme.example", "studio", "pro");
    char key[PRODUCT_KEY_TEXT_SIZE];
    product_key_write(&generic, key);
    key[13] = key[13] == '7' ? '8' : '7'; /* the third group */
    assert_int_equal(aval_key_install(machine, key), AVAL_PRODUCT_KEY_MISTYPED);
    assert_non_null(strstr(aval_last_message(machine), "group 3"));
    product_key_write(&generic, key);
    key[1] = key[1] == '7' ? '8' : '7';
    assert_int_equal(aval_key_install(machine, key), AVAL_PRODUCT_KEY_MISTYPED);
    assert_message(aval_last_message(machine), "group 1 of the product key: ", ERR_PRODUCT_KEY_MISTYPED);
    assert_int_equal(aval_key_install(machine, "short"), AVAL_PRODUCT_KEY_FORM);
    assert_message(aval_last_message(machine), "", ERR_PRODUCT_KEY_FORM);
}

static void a_key_of_no_installed_product_is_refused(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    const struct product_key other = product_key_generic("acme.example", "other", "pro");
    char key[PRODUCT_KEY_TEXT_SIZE];
    product_key_write(&other, key);
    assert_int_equal(aval_key_install(machine, key), AVAL_PRODUCT_KEY_OTHER);
    aval_machine *bare = world_open(world, "bare", "bare");
    assert_int_equal(aval_key_install(bare, key), AVAL_NO_PRODUCT);
    assert_int_equal(aval_activate(bare, PRODUCT, NULL), AVAL_NO_PRODUCT);
    assert_int_equal(aval_release(bare, PRODUCT, NULL), AVAL_NO_PRODUCT);
    assert_false(world_has(world, "bare")); /* nor is anything made */
}

static void removing_a_key_removes_the_lease_that_came_by_it(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    char suffix[6];
    memcpy(suffix, world_status(machine).key_suffix, sizeof suffix);
    assert_int_equal(aval_key_remove(machine, "ZZZZZ"), AVAL_NOT_FOUND);
    assert_int_equal(aval_key_remove(machine, suffix), AVAL_OK);
    assert_false(world_has(world, "one/" LEASE_IN "lease.tlog-proof"));
    assert_int_equal(world_status(machine).code, AVAL_NO_PRODUCT_KEY);
    assert_int_equal(aval_key_remove(machine, suffix), AVAL_NOT_FOUND);
}

static void a_key_of_another_edition_leaves_the_lease_in_force(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    const struct product_key other = product_key_generic("acme.example", "studio", "edu");
    char key[PRODUCT_KEY_TEXT_SIZE];
    product_key_write(&other, key);
    assert_int_equal(aval_key_install(machine, key), AVAL_OK);
    const struct aval_status status = world_status(machine);
    assert_int_equal(status.state, AVAL_LICENSED);
    assert_string_equal(status.edition, "pro");
    assert_string_equal(status.key_suffix, key + sizeof key - sizeof status.key_suffix);
    assert_non_null(strstr(status.why, "The product key is for edition edu"));
}

static void hosts_have_one_spelling(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_open(world, "one", "one");
    world_hosts(machine, "KMS.uni.example", "kms.uni.example:8216", "[2001:DB8:0::7]:8300");
    assert_string_equal(aval_host(machine, 0), "kms.uni.example:8216");
    assert_string_equal(aval_host(machine, 1), "[2001:db8::7]:8300");
    assert_null(aval_host(machine, 2));
    assert_true(world_has(world, "one/hosts"));
    world_hosts(machine, NULL, NULL, NULL);
    assert_null(aval_host(machine, 0));
    assert_false(world_has(world, "one/hosts"));
}

static void what_is_no_host_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",        "a:0", "a:65536", "a:", "a:08216", "1::2::3", "[::1",    "[::1]x",
        "ftp://a", "a/b", "a b",     "-a", "a..",     "a@b",     "[1.2.3]", "a:8216:1",
    };
    struct world *world = *state;
    aval_machine *machine = world_open(world, "one", "one");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(aval_hosts_set(machine, &wrong[i], 1), AVAL_USAGE);
    assert_false(world_has(world, "one"));
}

static void a_release_gives_the_seat_to_another_machine(void **state)
{
    struct world *world = *state;
    aval_machine *one = world_machine(world, "one");
    aval_machine *two = world_machine(world, "two");
    struct aval_report report = {.size = sizeof report};
    world->host->license.seats = 1;
    assert_int_equal(aval_activate(one, NULL, NULL), AVAL_OK);
    assert_int_equal(aval_activate(two, NULL, NULL), AVAL_NO_SEATS);
    assert_int_equal(aval_release(one, NULL, &report), AVAL_OK);
    assert_string_equal(report.attempts[0].host, HOST);
    assert_int_equal(world_status(one).code, AVAL_NO_LEASE);
    assert_string_equal(world_status(one).last_message, "released");
    assert_int_equal(aval_activate(two, NULL, NULL), AVAL_OK);
    assert_int_equal(aval_release(one, NULL, NULL), AVAL_NO_LEASE);
}

static void a_release_that_the_host_does_not_prove_forgets_nothing(void **state)
{
    static const struct {
        enum lie lie;
        enum error_code code;
        const char *words;
    } rows[] = {
        {LIE_CHECKPOINT_OF_OTHER, ERR_CHECKPOINT_SIGNER, ""},
        {LIE_NO_PROOF, ERR_PROOF_WRONG, ""},
        {LIE_NO_EXTRA, ERR_HOST_ANSWER, "the answer (proof-form): "},
        {LIE_NO_LEASE, ERR_PROOF_WRONG, ""},
        {LIE_GARBAGE, ERR_HOST_ANSWER, "the answer, line 1 (document-type): "},
        {LIE_SILENT, ERR_HOST_TIMEOUT, "nothing in time: "},
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct aval_report report = {.size = sizeof report};
        world->host->lie = LIE_NONE;
        assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
        world->host->lie = rows[i].lie;
        assert_int_equal(aval_release(machine, NULL, &report), rows[i].code);
        assert_message(report.attempts[0].message, rows[i].words, rows[i].code);
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    }
}

static void no_denial_to_a_release_ends_a_lease(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    for (int code = AVAL_BELOW_THRESHOLD; code <= AVAL_WRONG_METHOD; code++) {
        world->host->refuse = (enum error_code)code;
        assert_int_equal(aval_release(machine, NULL, NULL), code);
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
        assert_int_equal(world_status(machine).expires, NOW + 180 * DAY);
    }
}

static void a_release_says_what_the_host_needs_and_no_more(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    world->network.now += HOUR;
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_OK);
    const struct release *release = &world->host->last_release;
    assert_string_equal(release->license, "lic-1");
    assert_true(verifier_key_equal(&release->machine_key, &world->host->last_request.machine_key));
    assert_true(verifier_key_equal(&release->host_key, signing_key_verifier(world->host->key)));
    assert_int_equal(release->number, 2);
    assert_int_equal(release->time, NOW + HOUR);
    assert_int_equal(release->seen.size, 1);
    assert_false(world_has(world, "one/" LEASE_IN "release"));
}

/* The very same note is sent again, and answered with the same leaf. */
static void a_release_whose_answer_was_lost_is_sent_again(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    CLEANUP_BUFFER struct buffer sent = buffer_make(MACHINE_NOTE_MAX);
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    world->host->lie = LIE_TOO_LARGE;
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_HOST_ANSWER);
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    world_read(world, "one/" LEASE_IN "release", &sent);
    assert_true(slice_equal(buffer_slice(&sent), buffer_slice(&world->host->last_note)));
    world->host->lie = LIE_NONE;
    world->network.now += HOUR;
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_OK);
    assert_true(slice_equal(buffer_slice(&sent), buffer_slice(&world->host->last_note)));
    assert_int_equal(world->host->leaf_count, 2);
    assert_int_equal(world_status(machine).code, AVAL_NO_LEASE);
    assert_false(world_has(world, "one/" LEASE_IN "release"));
}

/* What is kept is sent again only where it is whole and gives back the lease that is in force. */
static void a_kept_release_that_does_not_fit_is_not_sent(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    CLEANUP_BUFFER struct buffer former = buffer_make(MACHINE_NOTE_MAX);
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    world->host->lie = LIE_SILENT;
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_HOST_TIMEOUT);
    world_read(world, "one/" LEASE_IN "release", &former);
    world->host->lie = LIE_NONE;
    world->network.now += HOUR;
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK); /* which makes it one of a lease before */
    assert_false(world_has(world, "one/" LEASE_IN "release"));
    world_write(world, "one/" LEASE_IN "release", buffer_slice(&former));
    world->host->refuse = ERR_HOST_BUSY;
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_HOST_BUSY);
    assert_int_equal(world->host->last_release.number, 4);
    world_write(world, "one/" LEASE_IN "release", slice_make(former.data, former.size - 1));
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_HOST_BUSY);
    assert_int_equal(world->host->last_release.number, 5);
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_HOST_BUSY);
    assert_int_equal(world->host->last_release.number, 5); /* any other denial keeps it */
}

/* Whoever is on the path can say "nothing", so it ends no lease; the next release is another one. */
static void a_release_that_is_denied_for_good_is_not_sent_again(void **state)
{
    static const enum error_code codes[] = {ERR_RELEASE_NOTHING, ERR_CLOCK_APART};
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct aval_report report = {.size = sizeof report};
        world->host->refuse = codes[i];
        assert_int_equal(aval_release(machine, NULL, &report), codes[i]);
        assert_non_null(strstr(report.attempts[0].message, "not sent again"));
        assert_false(world_has(world, "one/" LEASE_IN "release"));
        assert_int_equal(world->host->last_release.number, 2 + i);
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    }
    world->host->refuse = OK;
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_OK);
    assert_int_equal(world->host->last_release.number, 4);
}

static void a_release_goes_on_above_a_number_that_is_used(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    CLEANUP_BUFFER struct buffer first = buffer_make(NOTE_MAX);
    char path[PATH_SIZE];
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    world_read(world, "one/" LEASE_IN "lease.tlog-proof", &first);
    world->network.now += HOUR;
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    world_write(world, "one/" LEASE_IN "lease.tlog-proof", buffer_slice(&first)); /* a backup */
    assert_true(is_ok(path_join(path, world->root, "one/" LEASE_IN "number")));
    assert_true(is_ok(file_remove(path, NULL)));
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_OK);
    assert_int_equal(world->host->releases, 2);
    assert_int_equal(world->host->last_release.number, 3);
    assert_int_equal(world_status(machine).code, AVAL_NO_LEASE);
}

/* A leaf of another release, of this machine too, does not end the lease. */
static void a_release_is_shown_byte_for_byte_or_it_is_none(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    CLEANUP_BUFFER struct buffer former = buffer_make(MACHINE_NOTE_MAX);
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_OK);
    buffer_append_slice(&former, buffer_slice(&world->host->last_note));
    world->network.now += HOUR;
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    world->host->other_release = &former;
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_LEASE_OTHER_REQUEST);
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
}

/* What came with the lease is testimony enough, where the checkpoint that was kept is gone. */
static void a_release_without_a_kept_checkpoint_has_seen_that_of_the_lease(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    world_write(world, "one/" CHECKPOINT_IN, slice_of("spoiled\n"));
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_OK);
    assert_int_equal(world->host->last_release.seen.size, 1);
}

/* What is kept of the host's ledger: its epoch and size. */
static uint64_t kept_size(const struct world *world, uint64_t epoch)
{
    const struct verifier_key *host_key = signing_key_verifier(world->host->key);
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    struct checkpoint checkpoint;
    uint64_t kept = 0;
    world_read(world, "one/" CHECKPOINT_IN, &note);
    assert_true(is_ok(checkpoint_open(buffer_slice(&note), host_key, &checkpoint)));
    assert_true(is_ok(origin_epoch(checkpoint.origin, host_key->name, &kept)));
    assert_int_equal(kept, epoch);
    return checkpoint.size;
}

/* So that the next request shows it to the host, which may be an old copy that does not know the release. */
static void the_ledger_that_a_release_showed_is_kept(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    aval_machine *other = world_machine(world, "other");
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    assert_int_equal(aval_activate(other, NULL, NULL), AVAL_OK);
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_OK);
    assert_int_equal(world->host->last_release.seen.size, 1);
    assert_int_equal(kept_size(world, 1), 3);
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    assert_int_equal(world->host->last_request.seen.size, 3);
}

/* Its leaf says what the machine had seen of the one before. */
static void a_release_in_a_later_epoch_keeps_what_that_showed(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    fake_host_begin_epoch(world->host, 2);
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_OK);
    assert_int_equal(world_status(machine).code, AVAL_NO_LEASE);
    assert_int_equal(kept_size(world, 2), 2);
}

/* Every ledger extends it. */
static void a_release_that_has_seen_the_empty_ledger_keeps_what_is_shown(void **state)
{
    struct world *world = *state;
    const struct verifier_key *host_key = signing_key_verifier(world->host->key);
    struct checkpoint empty = {.root = hash_of(slice_of(""))};
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    aval_machine *machine = world_machine(world, "one");
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    assert_true(is_ok(origin_write(host_key->name, 1, empty.origin)));
    assert_true(is_ok(checkpoint_sign(&empty, world->host->key, &note)));
    world_write(world, "one/" CHECKPOINT_IN, buffer_slice(&note));
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_OK);
    assert_int_equal(world->host->last_release.seen.size, 0);
    assert_int_equal(kept_size(world, 1), 2);
}

static int remember_name(void *context, const char *product)
{
    char *name = context;
    snprintf(name, 128, "%s", product);
    return 0;
}

static void products_are_listed_and_must_be_named_where_they_are_asked_for_wrongly(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    /* Folders that this library does not make. */
    static const char *const strays[] = {"one/products/acme.example/Studio", "one/products/acme.example/z z",
                                         "one/products/Zacme/studio", "one/products/z z/studio"};
    struct aval_status status = {.size = sizeof status};
    char stray[PATH_SIZE];
    char name[128] = "";
    assert_int_equal(aval_products(machine, remember_name, name), AVAL_OK);
    assert_string_equal(name, PRODUCT);
    for (size_t i = 0; i < sizeof strays / sizeof *strays; i++) {
        char path[PATH_SIZE];
        world_path(world, strays[i], path);
        assert_true(is_ok(folder_make(path, 0700, NULL)));
        snprintf(path, sizeof path, "%s/product", strays[i]);
        world_copy(world, IN "product", path);
    }
    world_write(world, "one/products/file.example", slice_of("no folder\n"));
    assert_int_equal(aval_products(machine, remember_name, name), AVAL_FILE_READ);
    world_path(world, "one/products/file.example", stray);
    assert_true(is_ok(file_remove(stray, NULL)));
    assert_int_equal(aval_products(machine, remember_name, name), AVAL_OK);
    assert_string_equal(name, PRODUCT);
    assert_int_equal(aval_status(machine, "acme.example", &status), AVAL_USAGE);
    assert_int_equal(aval_status(machine, "../../etc", &status), AVAL_USAGE);
    assert_int_equal(aval_status(machine, "ACME.example/studio", &status), AVAL_USAGE);
    assert_int_equal(aval_status(machine, "acme.example/Studio", &status), AVAL_USAGE);
    assert_int_equal(aval_status(machine, "acme.example/", &status), AVAL_USAGE);
    assert_int_equal(aval_status(machine, "acme.example/other", &status), AVAL_NO_PRODUCT);
}

/* Callers compiled against a shorter struct get what they know and nothing behind it. */
static void structs_of_callers_are_filled_to_their_own_size(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct aval_status status;
    memset(&status, 0x5a, sizeof status);
    status.size = offsetof(struct aval_status, title);
    assert_int_equal(aval_status(machine, NULL, &status), AVAL_OK);
    assert_string_equal(status.product, "studio");
    assert_int_equal(status.title[0], 0x5a);
    status.size = 0;
    assert_int_equal(aval_status(machine, NULL, &status), AVAL_USAGE);
}

/* A second product; an installed one with a key that is not the vendor's counts, and has no keys to look for. */
static void of_several_products_one_must_be_named(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct aval_status status = {.size = sizeof status};
    char key[PRODUCT_KEY_TEXT_SIZE];
    const struct product_key generic = product_key_generic("acme.example", "studio", "pro");
    char path[PATH_SIZE];
    world_path(world, "one/products/acme.example/other", path);
    assert_true(is_ok(folder_make(path, 0700, NULL)));
    assert_int_equal(world_status(machine).code, AVAL_NO_LEASE);
    assert_int_equal(aval_status(machine, NULL, &status), AVAL_OK); /* a folder without a product is none */
    world_copy(world, IN "product", "one/products/acme.example/other/product");
    world_copy(world, IN "vendor-key", "one/products/acme.example/other/vendor-key");
    assert_int_equal(aval_status(machine, NULL, &status), AVAL_USAGE);
    assert_message(aval_last_message(machine), "2 products are installed, name one of them: ", ERR_USAGE);
    assert_int_equal(aval_status(machine, "studio", &status), AVAL_USAGE);
    assert_message(aval_last_message(machine), "a product is named VENDOR/PRODUCT: ", ERR_USAGE);
    /* It is another product's document, so it is broken where it lies. */
    assert_int_equal(aval_status(machine, "acme.example/other", &status), AVAL_STATE_BROKEN);
    assert_named(world, machine, "one/products/acme.example/other/product", " (document-value): ", ERR_STATE_BROKEN);
    product_key_write(&generic, key);
    assert_int_equal(aval_key_install(machine, key), AVAL_OK);
    assert_string_equal(aval_last_message(machine), "");
    assert_int_equal(aval_key_remove(machine, key + strlen(key) - 5), AVAL_OK);
    /* One that cannot be looked at is another matter: its keys are not known. */
    world_put_folder(world, "one/products/acme.example/other/vendor-key");
    assert_int_equal(aval_key_install(machine, key), AVAL_FILE_READ);
    assert_named(world, machine, "one/products/acme.example/other/vendor-key", ": Is a directory: ", ERR_FILE_READ);
    assert_int_equal(aval_key_remove(machine, key + strlen(key) - 5), AVAL_FILE_READ);
    assert_named(world, machine, "one/products/acme.example/other/vendor-key", ": Is a directory: ", ERR_FILE_READ);
}

static void install_other(struct world *world, aval_machine *machine, const char *name)
{
    CLEANUP_BUFFER struct buffer document = buffer_make(NOTE_MAX);
    char vendor_key[VERIFIER_KEY_TEXT_SIZE];
    network_product_named(&world->network, name, NOW, &document);
    verifier_key_write(signing_key_verifier(world->network.vendor), vendor_key);
    assert_int_equal(aval_product_install(machine, (const char *)document.data, document.size, vendor_key), AVAL_OK);
}

/* A key that came into the folder of a product that it does not belong to is removed from there as well; the first by
 * name goes first. */
static void of_several_products_with_a_key_the_first_loses_it(void **state)
{
    static const char *const keys[] = {
        "one/products/acme.example/atelier/key",
        IN "key",
        "one/products/acme.example/workshop/key",
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    char suffix[6];
    memcpy(suffix, world_status(machine).key_suffix, sizeof suffix);
    install_other(world, machine, "atelier");
    install_other(world, machine, "workshop");
    assert_int_equal(world_status(machine).code, AVAL_NO_LEASE);
    world_copy(world, keys[1], keys[0]);
    world_copy(world, keys[1], keys[2]);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(aval_key_remove(machine, suffix), AVAL_OK);
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(world_has(world, keys[k]), k > i);
    }
    assert_int_equal(aval_key_remove(machine, suffix), AVAL_NOT_FOUND);
}

/* It came there by hand: it means no edition of the product, and no lease is one by it. */
static void a_key_of_another_product_is_none(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    const struct product_key other = product_key_generic("acme.example", "other", "pro");
    char key[PRODUCT_KEY_TEXT_SIZE + 1];
    struct aval_status status;
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_OK);
    const size_t asked = world->network.path_count;
    product_key_write(&other, key);
    strcat(key, "\n");
    world_write(world, IN "key", slice_of(key));
    status = world_status(machine);
    assert_int_equal(status.code, AVAL_PRODUCT_KEY_OTHER);
    assert_int_equal(status.state, AVAL_UNLICENSED);
    assert_string_equal(status.edition, "");
    assert_string_equal(status.key_suffix, "");
    assert_int_equal(aval_activate(machine, NULL, NULL), AVAL_PRODUCT_KEY_OTHER);
    assert_int_equal(aval_renew(machine, NULL, 0, NULL), AVAL_PRODUCT_KEY_OTHER);
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_PRODUCT_KEY_OTHER);
    assert_int_equal(world->network.path_count, asked);
}

/* The key file holds what was written there, and its own line's end. */
static void a_key_file_has_one_spelling(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    CLEANUP_BUFFER struct buffer whole = buffer_make(NOTE_MAX);
    char other[64];
    world_read(world, IN "key", &whole);
    const int size = (int)whole.size - 1;
    const char *text = buffer_text(&whole);
    const struct {
        const char *before;
        const char *after;
    } rows[] = {{"", ""}, {"", "x"}, {"", "\r"}, {"", "\n\n"}, {" ", "\n"}, {"", " \n"}, {"", "-\n"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(other, sizeof other, "%s%.*s%s", rows[i].before, size, text, rows[i].after);
        world_write(world, IN "key", slice_of(other));
        assert_int_equal(world_status(machine).code, AVAL_STATE_BROKEN);
    }
    world_write(world, IN "key", slice_of(""));
    assert_int_equal(world_status(machine).code, AVAL_STATE_BROKEN);
    world_write(world, IN "key", slice_of("\n"));
    assert_int_equal(world_status(machine).code, AVAL_STATE_BROKEN);
    snprintf(other, sizeof other, "\n%.*s", size, text);
    world_write(world, IN "key", slice_of(other));
    assert_int_equal(world_status(machine).code, AVAL_STATE_BROKEN);
    char large[NOTE_MAX / 64];
    memset(large, 'K', sizeof large);
    world_write(world, IN "key", slice_make(large, sizeof large));
    assert_int_equal(world_status(machine).code, AVAL_STATE_BROKEN);
    world_write(world, IN "key", buffer_slice(&whole));
    assert_int_equal(world_status(machine).code, AVAL_NO_LEASE);
}

static void a_key_is_removed_by_however_its_end_is_typed(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    char suffix[6];
    memcpy(suffix, world_status(machine).key_suffix, sizeof suffix);
    char typed[6];
    memcpy(typed, suffix, sizeof typed);
    for (size_t i = 0; i < 5; i++) {
        static const char written[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ01";
        static const char alike[] = "abcdefghijklmnopqrstuvwxyzOl";
        const char *place = strchr(written, suffix[i]);
        if (place != NULL)
            typed[i] = alike[place - written];
    }
    char longer[8];
    snprintf(longer, sizeof longer, "%s1", suffix);
    assert_int_equal(aval_key_remove(machine, longer), AVAL_NOT_FOUND);
    suffix[4] = 0;
    assert_int_equal(aval_key_remove(machine, suffix), AVAL_NOT_FOUND);
    assert_true(world_has(world, IN "key"));
    assert_int_equal(aval_key_remove(machine, typed), AVAL_OK);
    assert_false(world_has(world, IN "key"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)
    const struct CMUnitTest tests[] = {
        TEST(a_product_by_another_vendor_key_is_refused),
        TEST(an_older_issue_does_not_replace_a_newer),
        TEST(another_issue_of_the_same_time_replaces_the_one_that_is_there),
        TEST(a_mistyped_key_says_in_which_group),
        TEST(a_key_of_no_installed_product_is_refused),
        TEST(removing_a_key_removes_the_lease_that_came_by_it),
        TEST(a_key_of_another_edition_leaves_the_lease_in_force),
        TEST(hosts_have_one_spelling),
        TEST(what_is_no_host_is_refused),
        TEST(a_release_gives_the_seat_to_another_machine),
        TEST(a_release_that_the_host_does_not_prove_forgets_nothing),
        TEST(no_denial_to_a_release_ends_a_lease),
        TEST(a_release_says_what_the_host_needs_and_no_more),
        TEST(a_release_whose_answer_was_lost_is_sent_again),
        TEST(a_kept_release_that_does_not_fit_is_not_sent),
        TEST(a_release_that_is_denied_for_good_is_not_sent_again),
        TEST(a_release_goes_on_above_a_number_that_is_used),
        TEST(a_release_is_shown_byte_for_byte_or_it_is_none),
        TEST(a_release_without_a_kept_checkpoint_has_seen_that_of_the_lease),
        TEST(the_ledger_that_a_release_showed_is_kept),
        TEST(a_release_in_a_later_epoch_keeps_what_that_showed),
        TEST(a_release_that_has_seen_the_empty_ledger_keeps_what_is_shown),
        TEST(products_are_listed_and_must_be_named_where_they_are_asked_for_wrongly),
        TEST(structs_of_callers_are_filled_to_their_own_size),
        TEST(of_several_products_one_must_be_named),
        TEST(of_several_products_with_a_key_the_first_loses_it),
        TEST(a_key_of_another_product_is_none),
        TEST(a_key_file_has_one_spelling),
        TEST(a_key_is_removed_by_however_its_end_is_typed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
