/* The machine's own records: one spelling each, and nothing else is read. */
#include "state/records.h"

#include "base/secret.h"
#include "core/rules/state.h"
#include "machine/identity.h"
#include "mutate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Of the seed of 32 bytes 0x11. */
#define MACHINE_KEY "10ba682c8ad13513971e8b56881aab8b+16306f88+AdBKsjJ0K7SrOhNovUYV5ObQIkq3GgFrr4UgozLJd4c3"

static struct identity sample_identity(void)
{
    struct identity identity = {.created = 1795338000, .hardware = {.count = 2}};
    uint8_t seed[SEED_SIZE];
    struct signing_key *key = NULL;
    memset(seed, 0x11, sizeof seed);
    assert_true(is_ok(machine_key_make(seed, &key)));
    identity.key = *signing_key_verifier(key);
    identity.id = machine_id_of(identity.key.public_key);
    signing_key_free(key);
    memset(identity.salt, 0x22, sizeof identity.salt);
    snprintf(identity.hardware.digests[0].kind, 16, "board");
    snprintf(identity.hardware.digests[1].kind, 16, "disk");
    return identity;
}

/* One row for each record: writes a sample; reads and writes again. */
struct record {
    const char *name;
    void (*sample)(struct buffer *out);
    RESULT (*again)(struct slice text, struct buffer *out);
};

static void identity_sample(struct buffer *out)
{
    const struct identity identity = sample_identity();
    assert_true(is_ok(identity_write(&identity, out)));
}
static RESULT identity_again(struct slice text, struct buffer *out)
{
    struct identity identity;
    TRY(identity_read(text, &identity));
    return identity_write(&identity, out);
}
static void numbers_sample(struct buffer *out)
{
    const struct numbers numbers = {.machine = {{0x11}}, .last = 12, .released = 7};
    assert_true(is_ok(numbers_write(&numbers, out)));
}
static RESULT numbers_again(struct slice text, struct buffer *out)
{
    struct numbers numbers;
    TRY(numbers_read(text, &numbers));
    return numbers_write(&numbers, out);
}
static void hosts_sample(struct buffer *out)
{
    const struct host_list hosts = {2, {"kms.uni.example:8216", "[2001:db8::7]:8300"}};
    assert_true(is_ok(host_list_write(&hosts, out)));
}
static RESULT hosts_again(struct slice text, struct buffer *out)
{
    struct host_list hosts;
    TRY(host_list_read(text, &hosts));
    return host_list_write(&hosts, out);
}
static void telling_sample(struct buffer *out)
{
    const struct telling telling = {TELL_NAME, "reading room 3"};
    assert_true(is_ok(telling_write(&telling, out)));
}
static RESULT telling_again(struct slice text, struct buffer *out)
{
    struct telling telling;
    TRY(telling_read(text, &telling));
    return telling_write(&telling, out);
}
static void attached_sample(struct buffer *out)
{
    struct about_says says = {.version = "4.2.1"};
    assert_true(is_ok(about_attach(&says, slice_of("gpu"), slice_of("none"))));
    assert_true(is_ok(about_attach(&says, slice_of("room"), slice_of("3"))));
    assert_true(is_ok(attached_write(&says, out)));
}
static RESULT attached_again(struct slice text, struct buffer *out)
{
    struct about_says says;
    TRY(attached_read(text, &says));
    return attached_write(&says, out);
}
static void first_run_sample(struct buffer *out)
{
    assert_true(is_ok(first_run_write(1795338000, out)));
}
static RESULT first_run_again(struct slice text, struct buffer *out)
{
    seconds time = 0;
    TRY(first_run_read(text, &time));
    return first_run_write(time, out);
}
static void last_answer_sample(struct buffer *out)
{
    const struct last_answer answer = {
        "kms.uni.example:8216", 1795338000, ERR_BELOW_THRESHOLD, 7200, 40503, 2, "12 of 25"};
    assert_true(is_ok(last_answer_write(&answer, out)));
}
static RESULT last_answer_again(struct slice text, struct buffer *out)
{
    struct last_answer answer;
    TRY(last_answer_read(text, &answer));
    return last_answer_write(&answer, out);
}

static const struct record records[] = {
    {"machine", identity_sample, identity_again},
    {"number", numbers_sample, numbers_again},
    {"hosts", hosts_sample, hosts_again},
    {"telling", telling_sample, telling_again},
    {"attached", attached_sample, attached_again},
    {"first-run", first_run_sample, first_run_again},
    {"last-answer", last_answer_sample, last_answer_again},
};
enum { RECORDS = sizeof records / sizeof *records };

static void every_record_is_read_as_it_was_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < RECORDS; i++) {
        struct buffer first = buffer_make(RECORD_MAX);
        struct buffer second = buffer_make(RECORD_MAX);
        records[i].sample(&first);
        assert_true(is_ok(records[i].again(buffer_slice(&first), &second)));
        assert_true(slice_equal(buffer_slice(&first), buffer_slice(&second)));
        buffer_free(&first);
        buffer_free(&second);
    }
}

/* Records are not signed, so some mutants are records of something else; but each is read as exactly what it is. */
static bool read_as_another_text(void *context, struct slice mutant)
{
    const struct record *record = context;
    struct buffer again = buffer_make(RECORD_MAX);
    const bool differs = is_ok(record->again(mutant, &again)) && !slice_equal(mutant, buffer_slice(&again));
    buffer_free(&again);
    return differs;
}

static void no_record_has_two_spellings(void **state)
{
    (void)state;
    for (size_t i = 0; i < RECORDS; i++) {
        struct record record = records[i];
        struct buffer text = buffer_make(RECORD_MAX);
        record.sample(&text);
        assert_int_equal(mutate_each_bit(buffer_slice(&text), read_as_another_text, &record), 0);
        assert_int_equal(mutate_each_truncation(buffer_slice(&text), read_as_another_text, &record), 0);
        buffer_append_byte(&text, '\n');
        assert_false(is_ok(record.again(buffer_slice(&text), &text)));
        buffer_free(&text);
    }
}

/* The bytes on disk, which machines in the field have: these texts are never to be changed. */
static void records_of_earlier_versions_are_read_and_written_as_ever(void **state)
{
    (void)state;
    static const struct {
        RESULT (*again)(struct slice text, struct buffer *out);
        const char *text;
    } rows[] = {
        {identity_again, "aval machine v1\nmachine-key " MACHINE_KEY "\n"
                         "salt IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI=\n"
                         "created 2026-11-22T09:00:00Z\n"
                         "hardware board AAAAAAAAAAAAAAAAAAAAAA==\nhardware disk AQEBAQEBAQEBAQEBAQEBAQ==\n"},
        {identity_again, "aval machine v1\nmachine-key " MACHINE_KEY "\n"
                         "salt IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI=\n"
                         "created 1970-01-01T00:00:00Z\n"},
        {numbers_again, "aval number v1\nmachine 11111111111111111111111111111111\nlast 0\nreleased 0\n"},
        {numbers_again, "aval number v1\nmachine 11111111111111111111111111111111\nlast 9223372036854775807\n"
                        "released 9223372036854775807\n"},
        {hosts_again, "aval hosts v1\nhost kms.uni.example:8216\nhost [2001:db8::7]:8300\n"},
        {hosts_again, "aval hosts v1\n"},
        {telling_again, "aval telling v1\ntell nothing\n"},
        {telling_again, "aval telling v1\ntell product\n"},
        {telling_again, "aval telling v1\ntell name\n"},
        {telling_again, "aval telling v1\ntell name\nname reading room 3\n"},
        {attached_again, "aval attached v1\n"},
        {attached_again, "aval attached v1\nversion 4.2.1\ndata gpu none\ndata room 3 S\xc3\xbc"
                         "d\n"},
        {first_run_again, "aval first-run v1\ntime 9999-12-31T23:59:59Z\n"},
        {last_answer_again, "aval last-answer v1\nhost kms.uni.example:8216\nasked 2026-11-22T09:00:00Z\n"
                            "code below-threshold\nretry 2h\ndraw 65535\nfailures 3\nmessage 12 of 25\n"},
        {last_answer_again, "aval last-answer v1\nhost a:1\nasked 2026-11-22T09:00:00Z\ncode ok\nretry 0s\n"
                            "draw 0\nfailures 0\nmessage  quoted: gr\xc3\xbc\xc3\x9f\xc2\x85 \n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer again = buffer_make(RECORD_MAX);
        assert_int_equal(rows[i].again(slice_of(rows[i].text), &again).bits, 0);
        assert_string_equal(buffer_text(&again), rows[i].text);
        buffer_free(&again);
    }
}

/* BEFORE, the line, AFTER: what its reader says, and of which line. */
static void what_is_wrong_with_a_record_is_said_with_its_line(void **state)
{
    (void)state;
#define ANSWER(host, code, message) \
    "aval last-answer v1\nhost " host "\nasked 2026-11-22T09:00:00Z\ncode " code \
    "\nretry 2h\ndraw 7\nfailures 0\nmessage " message "\n"
#define N64 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define HOSTS_16 \
    "host a:1\nhost a:2\nhost a:3\nhost a:4\nhost a:5\nhost a:6\nhost a:7\nhost a:8\nhost a:9\nhost a:10\nhost a:11\n" \
    "host a:12\nhost a:13\nhost a:14\nhost a:15\nhost a:16\n"
    static const struct {
        RESULT (*again)(struct slice text, struct buffer *out);
        const char *text;
        enum error_code code;
        unsigned line;
    } rows[] = {
        {hosts_again, "aval hosts v1\nhost a:1\nhost b:1\nhost a:1\n", ERR_DOCUMENT_DUPLICATE_KEY, 4},
        {hosts_again, "aval hosts v1\nhost a\n", ERR_DOCUMENT_VALUE, 2},
        {hosts_again, "aval hosts v1\nhost A:1\n", ERR_DOCUMENT_VALUE, 2},
        {hosts_again, "aval hosts v1\n" HOSTS_16, OK, 0},
        {hosts_again, "aval hosts v1\n" HOSTS_16 "host a:17\n", ERR_DOCUMENT_LIMIT, 18},
        {hosts_again, "aval hosts v1\nhost a:1\nguest b:1\n", ERR_DOCUMENT_UNKNOWN_KEY, 3},
        {hosts_again, "aval hosts v2\nhost a:1\n", ERR_DOCUMENT_VERSION, 1},
        {hosts_again, "aval first-run v1\nhost a:1\n", ERR_DOCUMENT_TYPE, 1},
        {identity_again,
         "aval machine v1\nmachine-key acme.example+61421d1c+AYjfVWQTU4sAIBXpYZsBvbXMSMchVkV5JWP1Rg9zB6dj\n",
         ERR_DOCUMENT_VALUE, 2},
        {numbers_again, "aval number v1\nmachine 11111111111111111111111111111111\nlast 1\nreleased 2\n",
         ERR_DOCUMENT_VALUE, 4},
        {numbers_again, "aval number v1\nmachine 11111111111111111111111111111111\nlast 9223372036854775808\n",
         ERR_DOCUMENT_VALUE, 3},
        {telling_again, "aval telling v1\ntell everything\n", ERR_DOCUMENT_VALUE, 2},
        {telling_again, "aval telling v1\ntell product\nname a\n", ERR_DOCUMENT_VALUE, 3},
        {telling_again, "aval telling v1\ntell name\nname a\xe2\x80\xae\n", ERR_DOCUMENT_VALUE, 3},
        {attached_again, "aval attached v1\nname a\n", ERR_DOCUMENT_UNKNOWN_KEY, 2},
        {attached_again, "aval attached v1\ndata b 1\ndata a 1\n", ERR_DOCUMENT_ORDER, 3},
        {first_run_again, "aval first-run v1\n", ERR_DOCUMENT_MISSING_KEY, 2},
        {first_run_again, "aval first-run v1\ntime 2026-11-22T09:00:00Z\nx-note a\n", ERR_DOCUMENT_MISSING_KEY, 3},
        {last_answer_again, ANSWER("a:1", "ok", "m"), OK, 0},
        {last_answer_again, ANSWER("a:1", "OK", "m"), ERR_DOCUMENT_VALUE, 4},
        {last_answer_again, ANSWER("a:1", "no-such-error", "m"), ERR_DOCUMENT_VALUE, 4},
        {last_answer_again, ANSWER("a:1", N64, "m"), ERR_TEXT_TOO_LONG, 4},
        {last_answer_again, ANSWER("a", "ok", "m"), ERR_DOCUMENT_VALUE, 2},
        {last_answer_again,
         "aval last-answer v1\nhost a:1\nasked 2026-11-22T09:00:00Z\ncode ok\nretry 0s\ndraw 65536\n",
         ERR_DOCUMENT_VALUE, 6},
        {hosts_again, "aval hosts v1\nhost -\n", ERR_DOCUMENT_VALUE, 2},
        {last_answer_again, ANSWER("a:1", "ok", ""), ERR_DOCUMENT_VALUE, 8},
        {last_answer_again, ANSWER("a:1", "ok", "\x7f"), ERR_DOCUMENT_VALUE, 8},
        {last_answer_again, ANSWER("a:1", "ok", "\t"), ERR_DOCUMENT_VALUE, 8},
        {last_answer_again, ANSWER("a:1", "ok", "\xc3"), ERR_TEXT_NOT_UTF8, 8},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer again = buffer_make(RECORD_MAX);
        const struct result outcome = rows[i].again(slice_of(rows[i].text), &again);
        assert_int_equal(result_code(outcome), rows[i].code);
        assert_int_equal(result_place(outcome), rows[i].line);
        buffer_free(&again);
    }
#undef ANSWER
#undef HOSTS_16
}

/* 511 bytes fit into the record, and no more. */
static void the_message_of_a_record_has_a_limit(void **state)
{
    (void)state;
    static const char before[] =
        "aval last-answer v1\nhost a:1\nasked 2026-11-22T09:00:00Z\ncode ok\nretry 2h\ndraw 7\nfailures 0\nmessage ";
    char message[MESSAGE_SIZE + 1];
    for (size_t size = MESSAGE_SIZE - 1; size <= MESSAGE_SIZE; size++) {
        struct buffer text = buffer_make(RECORD_MAX);
        struct buffer again = buffer_make(RECORD_MAX);
        memset(message, 'm', size);
        message[size] = 0;
        buffer_printf(&text, "%s%s\n", before, message);
        const struct result outcome = last_answer_again(buffer_slice(&text), &again);
        assert_int_equal(result_code(outcome), size < MESSAGE_SIZE ? OK : ERR_DOCUMENT_VALUE);
        assert_int_equal(again.size, size < MESSAGE_SIZE ? text.size : 0);
        buffer_free(&text);
        buffer_free(&again);
    }
}

static void what_no_reader_would_take_is_not_written(void **state)
{
    (void)state;
    struct buffer text = buffer_make(RECORD_MAX);
    struct identity identity = sample_identity();
    identity.id.bytes[0] ^= 1; /* not that of its key */
    assert_int_equal(result_code(identity_write(&identity, &text)), ERR_DOCUMENT_VALUE);
    buffer_clear(&text);
    identity.id.bytes[0] ^= 1;
    memcpy(identity.hardware.digests[1].kind, identity.hardware.digests[0].kind, 16);
    assert_int_equal(result_code(identity_write(&identity, &text)), ERR_DOCUMENT_DUPLICATE_KEY);
    buffer_clear(&text);
    snprintf(identity.hardware.digests[1].kind, 16, "a");
    assert_int_equal(result_code(identity_write(&identity, &text)), ERR_DOCUMENT_ORDER);
    buffer_clear(&text);
    const struct host_list hosts = {1, {"Not An Address"}};
    assert_int_equal(result_code(host_list_write(&hosts, &text)), ERR_DOCUMENT_VALUE);
    buffer_clear(&text);
    assert_int_equal(result_code(first_run_write(-1, &text)), ERR_DOCUMENT_VALUE);
    buffer_clear(&text);
    const struct last_answer answer = {"a:1", 1795338000, OK, 7200, 0, 0, "two\nlines"};
    assert_int_equal(result_code(last_answer_write(&answer, &text)), ERR_DOCUMENT_VALUE);
    assert_int_equal(text.size, 0);
    buffer_free(&text);
}

static void digests_depend_on_kind_value_and_salt(void **state)
{
    (void)state;
    struct hardware_sources sources = {0};
    struct hardware first;
    struct hardware second;
    const uint8_t salt[SALT_SIZE] = {1};
    const uint8_t other_salt[SALT_SIZE] = {2};
    assert_true(is_ok(hardware_sources_add(&sources, "net", "same")));
    assert_true(is_ok(hardware_sources_add(&sources, "board", "same")));
    assert_string_equal(sources.sources[0].kind, "board");
    hardware_digest(&sources, salt, &first);
    hardware_digest(&sources, other_salt, &second);
    assert_memory_not_equal(first.digests[0].digest, first.digests[1].digest, DIGEST_SIZE);
    assert_memory_not_equal(first.digests[0].digest, second.digests[0].digest, DIGEST_SIZE);
}

static void a_source_of_hardware_has_its_form_and_its_place(void **state)
{
    (void)state;
    struct hardware_sources sources = {0};
    char value[SOURCE_VALUE_SIZE + 1];
    memset(value, 'v', sizeof value);
    value[SOURCE_VALUE_SIZE] = 0;
    assert_int_equal(result_code(hardware_sources_add(&sources, "Disk", "1")), ERR_DOCUMENT_VALUE);
    assert_int_equal(result_code(hardware_sources_add(&sources, "", "1")), ERR_DOCUMENT_VALUE);
    assert_int_equal(result_code(hardware_sources_add(&sources, "disk", "")), ERR_DOCUMENT_VALUE);
    assert_int_equal(result_code(hardware_sources_add(&sources, "disk", value)), ERR_DOCUMENT_VALUE);
    assert_int_equal(sources.count, 0);
    value[SOURCE_VALUE_SIZE - 1] = 0;
    assert_true(is_ok(hardware_sources_add(&sources, "h", value)));
    assert_int_equal(result_code(hardware_sources_add(&sources, "h", value)), ERR_DOCUMENT_DUPLICATE_KEY);
    assert_true(is_ok(hardware_sources_add(&sources, "h", "2")));
    for (size_t i = 2; i < HARDWARE_MAX; i++) {
        const char kind[] = {(char)(i % 2 == 0 ? 'a' + (int)i : 'z' - (int)i), 0};
        assert_true(is_ok(hardware_sources_add(&sources, kind, "1")));
    }
    assert_int_equal(result_code(hardware_sources_add(&sources, "zz", "1")), ERR_DOCUMENT_LIMIT);
    assert_int_equal(sources.count, HARDWARE_MAX);
    for (size_t i = 1; i < sources.count; i++)
        assert_true(strcmp(sources.sources[i - 1].kind, sources.sources[i].kind) < 0 ||
                    strcmp(sources.sources[i - 1].value, sources.sources[i].value) < 0);
    assert_true(hardware_sources_have(&sources, "h", "2") && hardware_sources_have(&sources, "h", value));
    assert_false(hardware_sources_have(&sources, "h", "1"));
}

/* What the digest of a source is, machines in the field have written down. */
static void digests_are_what_they_ever_were(void **state)
{
    (void)state;
    struct hardware_sources sources = {0};
    struct hardware hardware;
    const struct identity identity = sample_identity();
    char digest[2 * DIGEST_SIZE + 1];
    assert_true(is_ok(hardware_sources_add(&sources, "board", "bs-0123456789")));
    hardware_digest(&sources, identity.salt, &hardware);
    hex_write(hardware.digests[0].digest, DIGEST_SIZE, digest);
    assert_string_equal(digest, "1c7894b302e049912f030cc8ca58219f");
}

static int begin(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_is_read_as_it_was_written),
        cmocka_unit_test(no_record_has_two_spellings),
        cmocka_unit_test(records_of_earlier_versions_are_read_and_written_as_ever),
        cmocka_unit_test(what_is_wrong_with_a_record_is_said_with_its_line),
        cmocka_unit_test(the_message_of_a_record_has_a_limit),
        cmocka_unit_test(what_no_reader_would_take_is_not_written),
        cmocka_unit_test(digests_depend_on_kind_value_and_salt),
        cmocka_unit_test(a_source_of_hardware_has_its_form_and_its_place),
        cmocka_unit_test(digests_are_what_they_ever_were),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
