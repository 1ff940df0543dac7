/* Messages of the control interface: what is written reads back the same, and what is no such message is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mutate.h"
#include "proto/admin/archive.h"
#include "proto/admin/failure.h"
#include "proto/admin/ledger.h"
#include "proto/admin/machines.h"
#include "proto/admin/reload.h"
#include "proto/admin/status.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1024 * 1024 };

static void ok(struct result result)
{
    assert_string_equal(is_ok(result) ? "ok" : error_info(result_code(result))->name, "ok");
}

/* Samples: every field has a value of its own, so that two that were mixed up show. */

static struct control_license sample_license(uint64_t base)
{
    struct control_license license = {.id = "l-1",
                                      .vendor = "acme.example",
                                      .customer = "Universit\xc3\xa4t \"X\" \\ <b>",
                                      .product = "studio",
                                      .edition = "pro",
                                      .state = (enum control_license_state)(base % 5)};
    license.test = base % 2 == 1;
    license.followed = base % 3 == 1;
    (void)snprintf(license.replaced_by, sizeof license.replaced_by, "l-%d", (int)(base % 100));
    license.replaced_from = (seconds)base + 10;
    license.count = base + 1;
    license.threshold = base + 2;
    license.held = base + 3;
    license.seats = base + 4;
    license.overage = base + 5;
    license.overage_used = base + 11;
    license.lease = (seconds)base + 6;
    license.renew = (seconds)base + 7;
    license.retry = (seconds)base + 8;
    license.not_before = (seconds)base + 9;
    license.not_after = TIME_MAX;
    return license;
}

static const struct control_reading sample_reading = {.refused_count = 1,
                                                      .refused = {{.what = CONTROL_CONFIGURATION,
                                                                   .file = "/etc/aval/avald.conf",
                                                                   .line = 31,
                                                                   .code = "config-bad-value",
                                                                   .words = "\"perhaps\" is not yes or no",
                                                                   .time = 32}},
                                                      .waiting_count = 2,
                                                      .waiting = {{"queue"}, {"port"}}};

static struct control_machine sample_machine(uint64_t base)
{
    struct control_machine machine = {.machine = "00112233445566778899aabbccddeeff",
                                      .license = "l-1",
                                      .vendor = "acme.example",
                                      .product = "studio",
                                      .edition = "edu",
                                      .holding = base % 2 == 0,
                                      .counted = base % 2 == 1,
                                      .released = base % 3 == 0,
                                      .reclaimed = base % 5 == 0,
                                      .last_denial = "no-seats",
                                      .address = "2001:db8::1",
                                      .blocked = base % 5 == 0,
                                      .blocked_reason = "stolen",
                                      .label = "Lesesaal \"3\""};
    machine.first_request = (seconds)base + 1;
    machine.last_request = (seconds)base + 2;
    machine.requests = base + 3;
    machine.issued = (seconds)base + 4;
    machine.ends = (seconds)base + 8;
    machine.expires = (seconds)base + 5;
    machine.leaf = INT64_MAX - base;
    machine.blocked_since = (seconds)base + 6;
    machine.told = (seconds)base + 7;
    machine.says = (struct about_says){.name = "lesesaal-7", .version = "4.2.1", .data_count = base % 3};
    for (size_t i = 0; i < base % 3; i++)
        machine.says.data[i] = (struct about_datum){.key = "room", .value = "\"3\" Süd"};
    return machine;
}

static struct control_denial sample_denial(uint64_t base)
{
    struct control_denial denial = {.number = base + 1,
                                    .time = (seconds)base + 2,
                                    .machine = "00112233445566778899aabbccddeeff",
                                    .vendor = "acme.example",
                                    .product = "studio",
                                    .edition = "pro",
                                    .code = "below-threshold",
                                    .message = "count 12\tthreshold 25",
                                    .address = "192.0.2.1"};
    return denial;
}

/* What was read is what was written: each field of the samples has a value of its own, so that writing it again gives
 * the same text only where every field came back in its place. */
#define assert_writes_again(write, message, wanted) \
    do { \
        CLEANUP_BUFFER struct buffer written_again = buffer_make(TEXT_MAX); \
        ok(write(message, &written_again)); \
        assert_string_equal(buffer_text(&written_again), buffer_text(wanted)); \
    } while (0)

static void status_reads_back_as_it_was_written(void **state)
{
    (void)state;
    struct control_license licenses[] = {sample_license(0), sample_license(101), sample_license(202),
                                         sample_license(303)};
    struct control_ledger ledgers[] = {{.vendor = "acme.example",
                                        .origin = "kms.uni.example/acme.example",
                                        .size = 7,
                                        .checkpoint_size = 6,
                                        .checkpoint_root = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                                        .revocations = 5,
                                        .newest = 20,
                                        .trouble = "host-restored",
                                        .shown_origin = "kms.uni.example/acme.example/epoch-2",
                                        .shown_size = 21,
                                        .command = "avald recover --restored acme.example --yes"}};
    struct control_status status = {.host = "kms.uni.example",
                                    .version = "0.1.0",
                                    .now = 10,
                                    .started = 9,
                                    .port = 8216,
                                    .ledger_count = 1,
                                    .ledgers = ledgers,
                                    .license_count = 4,
                                    .licenses = licenses,
                                    .reading = sample_reading,
                                    .granted = 11,
                                    .repeated = 12,
                                    .released = 13,
                                    .reclaimed = 2,
                                    .denied_count = 2,
                                    .denied = {{"below-threshold", 14}, {"no-seats", 15}},
                                    .batches = 16,
                                    .signatures = 17,
                                    .largest_batch = 18,
                                    .queued = 19,
                                    .site_required = true,
                                    .site_keys = 2,
                                    .site_former = 24,
                                    .site_missing = 25,
                                    .site_wrong = 26,
                                    .clocks_heard = 22,
                                    .clocks_apart = 23,
                                    .trouble = "host-storage"};
    CLEANUP_BUFFER struct buffer text = buffer_make(TEXT_MAX);
    ok(control_status_write(&status, &text));
    struct control_status again;
    ok(control_status_read(buffer_slice(&text), &again));
    assert_int_equal(again.license_count, 4);
    assert_int_equal(again.ledger_count, 1);
    assert_writes_again(control_status_write, &again, &text);
    free(again.licenses);
    free(again.ledgers);
}

static void lists_read_back_as_they_were_written(void **state)
{
    (void)state;
    struct control_license licenses[] = {sample_license(1), sample_license(50)};
    struct control_machine machines[] = {sample_machine(0), sample_machine(1), sample_machine(5)};
    struct control_denial denials[] = {sample_denial(1), sample_denial(9)};
    CLEANUP_BUFFER struct buffer text = buffer_make(TEXT_MAX);

    const struct control_licenses license_list = {5, 2, licenses};
    struct control_licenses licenses_again;
    ok(control_licenses_write(&license_list, &text));
    ok(control_licenses_read(buffer_slice(&text), &licenses_again));
    assert_int_equal(licenses_again.now, 5);
    assert_int_equal(licenses_again.count, 2);
    assert_writes_again(control_licenses_write, &licenses_again, &text);
    control_licenses_free(&licenses_again);

    buffer_clear(&text);
    const struct control_machines machine_list = {6, 3, machines, "3-00112233445566778899aabbccddeeff"};
    struct control_machines machines_again;
    ok(control_machines_write(&machine_list, &text));
    ok(control_machines_read(buffer_slice(&text), &machines_again));
    assert_int_equal(machines_again.now, 6);
    assert_int_equal(machines_again.count, 3);
    assert_string_equal(machines_again.next, machine_list.next);
    assert_writes_again(control_machines_write, &machines_again, &text);
    control_machines_free(&machines_again);

    buffer_clear(&text);
    const struct control_denials denial_list = {2, denials, 77};
    struct control_denials denials_again;
    ok(control_denials_write(&denial_list, &text));
    ok(control_denials_read(buffer_slice(&text), &denials_again));
    assert_int_equal(denials_again.count, 2);
    assert_int_equal(denials_again.next, 77);
    assert_writes_again(control_denials_write, &denials_again, &text);
    control_denials_free(&denials_again);
}

static void the_detail_of_a_machine_reads_back_as_it_was_written(void **state)
{
    (void)state;
    struct control_machine machines[] = {sample_machine(3)};
    struct control_denial denials[] = {sample_denial(4)};
    struct control_detail detail = {.now = 1,
                                    .machine = "00112233445566778899aabbccddeeff",
                                    .blocked = true,
                                    .blocked_since = 2,
                                    .blocked_reason = "sold",
                                    .machine_count = 1,
                                    .machines = machines,
                                    .denial_count = 1,
                                    .denials = denials};
    CLEANUP_BUFFER struct buffer text = buffer_make(TEXT_MAX);
    ok(control_detail_write(&detail, &text));
    struct control_detail again;
    ok(control_detail_read(buffer_slice(&text), &again));
    assert_writes_again(control_detail_write, &again, &text);
    free(again.machines);
    free(again.denials);
}

static void what_is_asked_and_said_of_one_machine_reads_back_as_it_was_written(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = buffer_make(TEXT_MAX);
    const struct control_label label = {"reading room, 3rd desk"};
    struct control_label label_again;
    ok(control_label_write(&label, &text));
    ok(control_label_read(buffer_slice(&text), &label_again));
    assert_writes_again(control_label_write, &label_again, &text);

    buffer_clear(&text);
    const struct control_why why = {.machine = "00112233445566778899aabbccddeeff",
                                    .license = "lic-2026-0001",
                                    .code = "no-seats",
                                    .sentence = "1 machines hold the 1 seats of the license.",
                                    .until = 5,
                                    .blocked = true,
                                    .blocked_since = 4,
                                    .blocked_reason = "reclaimed"};
    struct control_why why_again;
    ok(control_why_write(&why, &text));
    ok(control_why_read(buffer_slice(&text), &why_again));
    assert_writes_again(control_why_write, &why_again, &text);

    buffer_clear(&text);
    const struct control_reclaim reclaim = {"lic-2026-0001"};
    struct control_reclaim reclaim_again;
    ok(control_reclaim_write(&reclaim, &text));
    ok(control_reclaim_read(buffer_slice(&text), &reclaim_again));
    assert_writes_again(control_reclaim_write, &reclaim_again, &text);

    for (unsigned outcome = 0; outcome <= CONTROL_RECLAIM_AGAIN; outcome++) {
        const struct control_reclaimed reclaimed = {.machine = "00112233445566778899aabbccddeeff",
                                                    .license = "lic-2026-0001",
                                                    .outcome = (enum control_reclaim_outcome)outcome,
                                                    .reclaimed = 1,
                                                    .lease_ends = 2,
                                                    .seat_until = 3,
                                                    .used = 4,
                                                    .allowed = 5,
                                                    .origin = "kms.uni.example/acme.example",
                                                    .leaf = 6};
        struct control_reclaimed reclaimed_again;
        buffer_clear(&text);
        ok(control_reclaimed_write(&reclaimed, &text));
        ok(control_reclaimed_read(buffer_slice(&text), &reclaimed_again));
        assert_int_equal(reclaimed_again.outcome, outcome);
        assert_writes_again(control_reclaimed_write, &reclaimed_again, &text);
    }
}

static void small_messages_read_back_as_they_were_written(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = buffer_make(TEXT_MAX);
    const struct control_block block = {"stolen on 3 May"};
    struct control_block block_again;
    ok(control_block_write(&block, &text));
    ok(control_block_read(buffer_slice(&text), &block_again));
    assert_writes_again(control_block_write, &block_again, &text);

    buffer_clear(&text);
    const struct control_reloaded reloaded = {.done = true, .vendors = 2, .licenses = 3, .reading = sample_reading};
    struct control_reloaded reloaded_again;
    ok(control_reloaded_write(&reloaded, &text));
    ok(control_reloaded_read(buffer_slice(&text), &reloaded_again));
    assert_true(reloaded_again.done);
    assert_int_equal(reloaded_again.vendors, 2);
    assert_int_equal(reloaded_again.licenses, 3);
    assert_writes_again(control_reloaded_write, &reloaded_again, &text);
    assert_true(control_reading_refuses(&reloaded_again.reading, CONTROL_CONFIGURATION));
    assert_false(control_reading_refuses(&reloaded_again.reading, CONTROL_FOLDER));

    buffer_clear(&text);
    const struct control_checkpoint checkpoint = {.vendor = "acme.example",
                                                  .origin = "kms.uni.example/acme.example",
                                                  .size = 7,
                                                  .root = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                                                  .note = "text\n\n\xe2\x80\x94 signature\n"};
    struct control_checkpoint checkpoint_again;
    ok(control_checkpoint_write(&checkpoint, &text));
    ok(control_checkpoint_read(buffer_slice(&text), &checkpoint_again));
    assert_memory_equal(&checkpoint_again, &checkpoint, sizeof checkpoint);

    buffer_clear(&text);
    struct control_epoch each[] = {{.epoch = 1,
                                    .origin = "kms.uni.example/acme.example",
                                    .leaves = 5,
                                    .signed_size = 4,
                                    .first = 1777999000,
                                    .last = 1777999100},
                                   {.epoch = 1778000000,
                                    .origin = "kms.uni.example/acme.example/epoch-1778000000",
                                    .leaves = 1,
                                    .signed_size = 1,
                                    .first = 1778000000,
                                    .last = 1778000000,
                                    .newest = true}};
    const struct control_epochs epochs = {"acme.example", 2, each, 1778000000};
    struct control_epochs epochs_again;
    ok(control_epochs_write(&epochs, &text));
    ok(control_epochs_read(buffer_slice(&text), &epochs_again));
    assert_string_equal(epochs_again.vendor, "acme.example");
    assert_int_equal(epochs_again.count, 2);
    assert_int_equal(epochs_again.next, 1778000000);
    for (size_t i = 0; i < 2; i++)
        assert_memory_equal(&epochs_again.epochs[i], &each[i], sizeof each[i]);
    control_epochs_free(&epochs_again);
    const struct slice lacking = slice_of("{\"vendor\": \"acme.example\", \"epochs\": [{\"epoch\": 1}], \"next\": 0}");
    assert_int_equal(result_code(control_epochs_read(lacking, &epochs_again)), ERR_HOST_ANSWER);

    buffer_clear(&text);
    const struct control_failure failure = {"not-found", "no machine's id begins with 0f3c"};
    struct control_failure failure_again;
    ok(control_failure_write(&failure, &text));
    ok(control_failure_read(buffer_slice(&text), &failure_again));
    assert_writes_again(control_failure_write, &failure_again, &text);
}

static void an_archiving_reads_back_as_it_was_written(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = buffer_make(TEXT_MAX);
    const struct control_archive archive = {.folder = "/srv/aval-archive", .keep = 5184000};
    struct control_archive archive_again;
    ok(control_archive_write(&archive, &text));
    ok(control_archive_read(buffer_slice(&text), &archive_again));
    assert_string_equal(archive_again.folder, archive.folder);
    assert_int_equal(archive_again.keep, archive.keep);
    assert_writes_again(control_archive_write, &archive_again, &text);

    buffer_clear(&text);
    const struct control_archiving archiving = {
        .running = true, .done = 1, .all = 2, .bundles = 3, .bytes = 4, .archived = 5, .folder = "/srv/aval-archive"};
    struct control_archiving archiving_again;
    ok(control_archiving_write(&archiving, &text));
    ok(control_archiving_read(buffer_slice(&text), &archiving_again));
    assert_true(archiving_again.running);
    assert_int_equal(archiving_again.archived, 5);
    assert_string_equal(archiving_again.folder, archiving.folder);
    assert_writes_again(control_archiving_write, &archiving_again, &text);

    buffer_clear(&text);
    const struct control_archive_check check = {.one = true,
                                                .ledger = 1,
                                                .bundle = 2,
                                                .looked_at = 3,
                                                .all = 4,
                                                .bad = 5,
                                                .code = "archive-damaged",
                                                .first = "/srv/aval-archive/h/v/tile/entries/000"};
    struct control_archive_check check_again;
    ok(control_archive_check_write(&check, &text));
    ok(control_archive_check_read(buffer_slice(&text), &check_again));
    assert_true(check_again.one && !check_again.finished);
    assert_int_equal(check_again.bundle, 2);
    assert_string_equal(check_again.first, check.first);
    assert_writes_again(control_archive_check_write, &check_again, &text);
}

static void what_a_check_found_reads_back_as_it_was_written(void **state)
{
    (void)state;
    struct control_finding findings[] = {{.message = "leaf 7 cannot be read", .not_signed = false},
                                         {.message = "leaves 0 to 9 together", .not_signed = true}};
    const struct control_verified verified = {.vendor = "acme.example",
                                              .origin = "kms.uni.example/acme.example",
                                              .stage = "leaves",
                                              .looked_at = 7,
                                              .total = 8,
                                              .finished = true,
                                              .next_epoch = 1795338000,
                                              .position = "aval ledger-check v1\n",
                                              .finding_count = 2,
                                              .findings = findings};
    CLEANUP_BUFFER struct buffer text = buffer_make(TEXT_MAX);
    ok(control_verified_write(&verified, &text));
    struct control_verified again;
    ok(control_verified_read(buffer_slice(&text), &again));
    assert_int_equal(again.finding_count, 2);
    assert_string_equal(again.findings[0].message, findings[0].message);
    assert_true(again.findings[1].not_signed && !again.findings[0].not_signed);
    assert_writes_again(control_verified_write, &again, &text);
    control_verified_free(&again);
}

static void an_empty_host_has_a_status_too(void **state)
{
    (void)state;
    const struct control_status status = {.host = "kms.uni.example"};
    CLEANUP_BUFFER struct buffer text = buffer_make(TEXT_MAX);
    ok(control_status_write(&status, &text));
    struct control_status again;
    ok(control_status_read(buffer_slice(&text), &again));
    assert_int_equal(again.license_count, 0);
    assert_int_equal(again.denied_count, 0);
    control_status_free(&again);
}

static void what_is_no_such_message_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "ok",
        "[]",
        "null",
        "{}",
        "{\"reason\":1}",
        "{\"reason\":null}",
        "{\"reason\":\"a\",\"reason\":\"b\"}",
        "{\"reason\":\"a\\u0000b\"}",
        "{\"reason\":\"\xff\"}",
        "{\"reason\":\"x\"} {}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct control_block block;
        const struct result result = control_block_read(slice_of(texts[i]), &block);
        if (result_code(result) != ERR_HOST_ANSWER)
            print_error("accepted: %s\n", texts[i]);
        assert_int_equal(result_code(result), ERR_HOST_ANSWER);
    }
}

static void a_text_that_is_longer_than_its_field_is_refused(void **state)
{
    (void)state;
    for (size_t length = TEXT_SIZE - 2; length <= TEXT_SIZE; length++) {
        CLEANUP_BUFFER struct buffer text = buffer_make(TEXT_MAX);
        buffer_append_text(&text, "{\"reason\":\"");
        for (size_t i = 0; i < length; i++)
            buffer_append_byte(&text, 'x');
        buffer_append_text(&text, "\"}");
        struct control_block block;
        assert_int_equal(is_ok(control_block_read(buffer_slice(&text), &block)), length < TEXT_SIZE);
    }
}

static void a_key_that_is_not_known_is_passed_over(void **state)
{
    (void)state;
    struct control_block block;
    ok(control_block_read(slice_of("{\"since\":[1,2],\"reason\":\"x\"}"), &block));
    assert_string_equal(block.reason, "x");
}

static void numbers_and_states_out_of_range_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"denials\":[],\"next\":-1}",    "{\"denials\":[],\"next\":1.5}",
        "{\"denials\":[],\"next\":\"1\"}", "{\"denials\":[],\"next\":9223372036854775808}",
        "{\"denials\":{},\"next\":1}",     "{\"denials\":[1],\"next\":1}",
        "{\"denials\":[{}],\"next\":1}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct control_denials denials;
        assert_int_equal(result_code(control_denials_read(slice_of(texts[i]), &denials)), ERR_HOST_ANSWER);
    }
    struct control_license license = sample_license(0);
    const struct control_licenses licenses = {1, 1, &license};
    CLEANUP_BUFFER struct buffer text = buffer_make(TEXT_MAX);
    ok(control_licenses_write(&licenses, &text));
    memcpy(strstr(buffer_text(&text), "in-force"), "in-farce", 8);
    struct control_licenses again;
    assert_int_equal(result_code(control_licenses_read(buffer_slice(&text), &again)), ERR_HOST_ANSWER);
}

/* Takes each key of each object within the value away in turn; the root without it must be refused. Counts them. */
static size_t remove_each_key(json_t *root, json_t *value)
{
    size_t count = 0;
    size_t index = 0;
    json_t *inner = NULL;
    json_array_foreach(value, index, inner) count += remove_each_key(root, inner);
    json_t *names = json_object();
    json_object_update(names, value); /* what is walked must not change meanwhile */
    const char *name = NULL;
    json_object_foreach(names, name, inner)
    {
        count += 1 + remove_each_key(root, inner);
        json_object_del(value, name);
        char *text = json_dumps(root, 0);
        struct control_status status;
        if (is_ok(control_status_read(slice_of(text), &status)))
            fail_msg("a status without %s was accepted", name);
        free(text);
        json_object_set(value, name, inner);
    }
    json_decref(names);
    return count;
}

static void a_status_that_lacks_any_key_is_refused(void **state)
{
    (void)state;
    struct control_license license = sample_license(0);
    struct control_ledger ledger = {.vendor = "acme.example"};
    const struct control_status status = {.ledger_count = 1,
                                          .ledgers = &ledger,
                                          .license_count = 1,
                                          .licenses = &license,
                                          .reading = sample_reading,
                                          .denied_count = 1,
                                          .denied = {{"no-seats", 1}}};
    CLEANUP_BUFFER struct buffer text = buffer_make(TEXT_MAX);
    ok(control_status_write(&status, &text));
    json_t *root = json_loads(buffer_text(&text), 0, NULL);
    assert_non_null(root);
    assert_int_equal(remove_each_key(root, root), 29 + 11 + 21 + 2 + 6 + 2);
    json_decref(root);
}

static bool machines_accepted(void *context, struct slice mutant)
{
    (void)context;
    struct control_machines machines;
    if (!is_ok(control_machines_read(mutant, &machines)))
        return false;
    control_machines_free(&machines);
    return true;
}

static void a_page_that_was_cut_off_is_refused(void **state)
{
    (void)state;
    struct control_machine rows[] = {sample_machine(0), sample_machine(1)};
    const struct control_machines machines = {6, 2, rows, ""};
    CLEANUP_BUFFER struct buffer text = buffer_make(TEXT_MAX);
    ok(control_machines_write(&machines, &text));
    const struct slice whole = buffer_slice(&text);
    assert_int_equal(whole.data[whole.size - 1], '\n');
    assert_int_equal(mutate_each_truncation(slice_make(whole.data, whole.size - 1), machines_accepted, NULL), 0);
    /* JSON has many spellings, so a flipped bit can be another value; what counts here is that nothing is read beyond.
     */
    (void)mutate_each_bit(whole, machines_accepted, NULL);
}

static void what_json_cannot_carry_is_not_written(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = buffer_make(TEXT_MAX);
    const struct control_block block = {"not \xff utf-8"};
    assert_int_equal(result_code(control_block_write(&block, &text)), ERR_INTERNAL);
    const struct control_reloaded reloaded = {.vendors = UINT64_MAX};
    assert_int_equal(result_code(control_reloaded_write(&reloaded, &text)), ERR_INTERNAL);
    assert_int_equal(text.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_reads_back_as_it_was_written),
        cmocka_unit_test(lists_read_back_as_they_were_written),
        cmocka_unit_test(the_detail_of_a_machine_reads_back_as_it_was_written),
        cmocka_unit_test(what_is_asked_and_said_of_one_machine_reads_back_as_it_was_written),
        cmocka_unit_test(small_messages_read_back_as_they_were_written),
        cmocka_unit_test(an_archiving_reads_back_as_it_was_written),
        cmocka_unit_test(what_a_check_found_reads_back_as_it_was_written),
        cmocka_unit_test(an_empty_host_has_a_status_too),
        cmocka_unit_test(what_is_no_such_message_is_refused),
        cmocka_unit_test(a_text_that_is_longer_than_its_field_is_refused),
        cmocka_unit_test(a_key_that_is_not_known_is_passed_over),
        cmocka_unit_test(numbers_and_states_out_of_range_are_refused),
        cmocka_unit_test(a_status_that_lacks_any_key_is_refused),
        cmocka_unit_test(a_page_that_was_cut_off_is_refused),
        cmocka_unit_test(what_json_cannot_carry_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
