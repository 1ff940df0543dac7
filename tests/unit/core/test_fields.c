/* The fields of documents, each by itself: what a writer takes is what its reader takes, up to the last value. */
#include "core/form/form.h"

#include "base/secret.h"
#include "samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* One of each; a schema below has one of them alone. */
struct sample {
    char id[NAME_SIZE];
    char text[6];
    uint64_t number;
    seconds time;
    seconds duration;
    uint8_t bytes[66];
    struct verifier_key key;
    struct product_key product_key;
    unsigned choice;
    struct features features;
    struct hardware hardware;
    bool present;
    uint64_t members[3];
    size_t member_count;
    struct machine_id machine;
    struct seen seen;
};

enum { NUMBER_MIN = 3, NUMBER_MAX = 64 };
static const char *const words[] = {"one", "two"};

static void id_form(struct form *form, void *document)
{
    form_begin(form, "sample");
    form_id(form, "id", ((struct sample *)document)->id);
}

static void text_form(struct form *form, void *document)
{
    struct sample *sample = document;
    form_begin(form, "sample");
    form_text(form, "text", sample->text, sizeof sample->text);
}

static void number_form(struct form *form, void *document)
{
    form_begin(form, "sample");
    form_number(form, "number", &((struct sample *)document)->number, NUMBER_MIN, NUMBER_MAX);
}

static void any_number_form(struct form *form, void *document)
{
    form_begin(form, "sample");
    form_number(form, "number", &((struct sample *)document)->number, 0, UINT64_MAX);
}

static void time_form(struct form *form, void *document)
{
    form_begin(form, "sample");
    form_time(form, "time", &((struct sample *)document)->time);
}

static void duration_form(struct form *form, void *document)
{
    form_begin(form, "sample");
    form_duration(form, "duration", &((struct sample *)document)->duration);
}

static void bytes_form(struct form *form, void *document)
{
    form_begin(form, "sample");
    form_bytes(form, "bytes", ((struct sample *)document)->bytes, 64);
}

static void too_many_bytes_form(struct form *form, void *document)
{
    form_begin(form, "sample");
    form_bytes(form, "bytes", ((struct sample *)document)->bytes, 65);
}

static void key_form(struct form *form, void *document)
{
    form_begin(form, "sample");
    form_verifier_key(form, "key", &((struct sample *)document)->key);
}

static void product_key_form(struct form *form, void *document)
{
    form_begin(form, "sample");
    form_product_key(form, "key", &((struct sample *)document)->product_key);
}

static void choice_form(struct form *form, void *document)
{
    form_begin(form, "sample");
    form_choice(form, "choice", words, 2, &((struct sample *)document)->choice);
}

static void features_form(struct form *form, void *document)
{
    form_begin(form, "sample");
    form_features(form, &((struct sample *)document)->features);
}

static void hardware_form(struct form *form, void *document)
{
    form_begin(form, "sample");
    form_hardware(form, &((struct sample *)document)->hardware);
}

static void machine_key_form(struct form *form, void *document)
{
    struct sample *sample = document;
    form_begin(form, "sample");
    form_machine_key(form, "machine-key", &sample->key, &sample->machine);
}

/* Behind the key of its ledger. */
static void seen_form(struct form *form, void *document)
{
    struct sample *sample = document;
    form_begin(form, "sample");
    form_verifier_key(form, "key", &sample->key);
    form_seen(form, &sample->seen, &sample->key);
}

/* A field that may be absent, and a list of one to three. */
static void list_form(struct form *form, void *document)
{
    struct sample *sample = document;
    form_begin(form, "sample");
    if (form_optional(form, "number", &sample->present))
        form_number(form, "number", &sample->number, 0, 9);
    for (size_t i = 0; form_next(form, "member", i, &sample->member_count, 3); i++)
        form_number(form, "member", &sample->members[i], 0, 9);
    form_some(form, "member", sample->member_count);
}

/* Writes it behind the first line, and reads it again as the same. */
static void assert_written(form_schema *schema, const struct sample *sample, const char *lines)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    CLEANUP_BUFFER struct buffer again = buffer_make(DOCUMENT_MAX);
    struct sample read;
    assert_int_equal(result_code(form_write(schema, sample, &text)), OK);
    assert_memory_equal(buffer_text(&text), "aval sample v1\n", 15);
    assert_string_equal(buffer_text(&text) + 15, lines);
    assert_int_equal(result_code(form_read(buffer_slice(&text), schema, &read, sizeof read)), OK);
    assert_int_equal(result_code(form_write(schema, &read, &again)), OK);
    assert_string_equal(buffer_text(&again), buffer_text(&text));
}

static void assert_not_written(form_schema *schema, const struct sample *sample, enum error_code code, unsigned line)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    const struct result outcome = form_write(schema, sample, &text);
    assert_int_equal(result_code(outcome), code);
    assert_int_equal(result_place(outcome), line);
    assert_int_equal(text.size, 0);
}

static void assert_not_read(form_schema *schema, const char *lines, enum error_code code, unsigned line)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    struct sample read = {0};
    buffer_printf(&text, "aval sample v1\n%s", lines);
    const struct result outcome = form_read(buffer_slice(&text), schema, &read, sizeof read);
    if (result_code(outcome) != code || result_place(outcome) != line)
        fail_msg("%s: %s, line %u", lines, error_info(result_code(outcome))->name, result_place(outcome));
}

static void texts_fit_into_their_arrays(void **state)
{
    (void)state;
    struct sample sample = {.id = "a", .text = "Hello"};
    assert_written(id_form, &sample, "id a\n");
    assert_written(text_form, &sample, "text Hello\n");
    assert_not_read(text_form, "text Hello!\n", ERR_DOCUMENT_VALUE, 2);
    memset(sample.text, 'x', sizeof sample.text); /* without its end */
    assert_not_written(text_form, &sample, ERR_DOCUMENT_VALUE, 2);
    sample.text[0] = 0;
    assert_not_written(text_form, &sample, ERR_DOCUMENT_VALUE, 2);
}

static void numbers_end_at_their_limits(void **state)
{
    (void)state;
    struct sample sample = {.number = NUMBER_MIN};
    assert_written(number_form, &sample, "number 3\n");
    sample.number = NUMBER_MAX;
    assert_written(number_form, &sample, "number 64\n");
    sample.number = NUMBER_MIN - 1;
    assert_not_written(number_form, &sample, ERR_DOCUMENT_VALUE, 2);
    sample.number = NUMBER_MAX + 1;
    assert_not_written(number_form, &sample, ERR_DOCUMENT_VALUE, 2);
    assert_not_read(number_form, "number 2\n", ERR_DOCUMENT_VALUE, 2);
    assert_not_read(number_form, "number 65\n", ERR_DOCUMENT_VALUE, 2);
    sample.number = UINT64_MAX;
    assert_written(any_number_form, &sample, "number 18446744073709551615\n");
}

static void times_and_durations_end_at_theirs(void **state)
{
    (void)state;
    struct sample sample = {.time = 0, .duration = 0};
    assert_written(time_form, &sample, "time 1970-01-01T00:00:00Z\n");
    assert_written(duration_form, &sample, "duration 0s\n");
    sample = (struct sample){.time = TIME_MAX, .duration = DURATION_MAX};
    assert_written(time_form, &sample, "time 9999-12-31T23:59:59Z\n");
    assert_written(duration_form, &sample, "duration 3660d\n");
    sample = (struct sample){.time = TIME_MAX + 1, .duration = DURATION_MAX + 1};
    assert_not_written(time_form, &sample, ERR_DOCUMENT_VALUE, 2);
    assert_not_written(duration_form, &sample, ERR_DOCUMENT_VALUE, 2);
    sample = (struct sample){.time = -1, .duration = -1};
    assert_not_written(time_form, &sample, ERR_DOCUMENT_VALUE, 2);
    assert_not_written(duration_form, &sample, ERR_DOCUMENT_VALUE, 2);
}

static void bytes_are_as_many_as_said_and_64_at_most(void **state)
{
    (void)state;
    const struct sample sample = {.bytes = {1, 2, 3}};
    assert_written(bytes_form, &sample,
                   "bytes AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n");
    assert_not_written(too_many_bytes_form, &sample, ERR_INTERNAL, 2);
    assert_not_read(bytes_form, "bytes AQID\n", ERR_BASE64, 2);
    assert_not_read(bytes_form, "bytes \n", ERR_DOCUMENT_VALUE, 2);
    assert_not_read(bytes_form, "bytes\n", ERR_DOCUMENT_VALUE, 2);
}

static void a_key_is_written_only_where_it_can_be_read_again(void **state)
{
    (void)state;
    struct sample sample = {0};
    assert_true(is_ok(verifier_key_read(slice_of(SAMPLE_HOST_KEY), &sample.key)));
    assert_written(key_form, &sample, "key " SAMPLE_HOST_KEY "\n");
    sample.key.id ^= 1;
    assert_not_written(key_form, &sample, ERR_KEY_FORM, 2);
    uint8_t public_key[PUBLIC_KEY_SIZE] = {7};
    char name[KEY_NAME_SIZE];
    memset(name, 'n', sizeof name);
    assert_true(is_ok(verifier_key_make(slice_make(name, KEY_NAME_SIZE - 1), public_key, &sample.key)));
    char written[VERIFIER_KEY_TEXT_SIZE];
    char line[VERIFIER_KEY_TEXT_SIZE + 8];
    verifier_key_write(&sample.key, written);
    snprintf(line, sizeof line, "key %s\n", written);
    assert_written(key_form, &sample, line);
    memset(sample.key.name, 'n', sizeof sample.key.name); /* without its end */
    assert_not_written(key_form, &sample, ERR_KEY_FORM, 2);
    assert_not_read(key_form, "key \n", ERR_DOCUMENT_VALUE, 2);
}

static void a_machine_key_is_named_by_the_id_beside_it(void **state)
{
    (void)state;
    struct sample sample = {0};
    assert_true(is_ok(verifier_key_read(slice_of(SAMPLE_MACHINE_KEY), &sample.key)));
    assert_true(is_ok(machine_id_read(slice_of(SAMPLE_MACHINE), &sample.machine)));
    assert_written(machine_key_form, &sample, "machine-key " SAMPLE_MACHINE_KEY "\n");
    sample.machine.bytes[15] ^= 1;
    assert_not_written(machine_key_form, &sample, ERR_DOCUMENT_VALUE, 2);
    assert_true(is_ok(verifier_key_read(slice_of(SAMPLE_VENDOR_KEY), &sample.key)));
    assert_not_written(machine_key_form, &sample, ERR_DOCUMENT_VALUE, 2);
    assert_not_read(machine_key_form, "machine-key " SAMPLE_VENDOR_KEY "\n", ERR_DOCUMENT_VALUE, 2);
    assert_not_read(machine_key_form, "machine-key " SAMPLE_MACHINE "\n", ERR_KEY_FORM, 2);
    struct sample read;
    assert_true(is_ok(form_read(slice_of("aval sample v1\nmachine-key " OTHER_MACHINE_KEY "\n"), machine_key_form,
                                &read, sizeof read)));
    char id[MACHINE_ID_TEXT_SIZE];
    machine_id_write(&read.machine, id);
    assert_string_equal(id, OTHER_MACHINE);
}

static void what_was_seen_is_of_a_ledger_of_that_key(void **state)
{
    (void)state;
    struct sample sample = {.seen = sample_request().seen};
    assert_true(is_ok(verifier_key_read(slice_of(SAMPLE_HOST_KEY), &sample.key)));
    assert_written(seen_form, &sample, "key " SAMPLE_HOST_KEY "\n" SAMPLE_SEEN);
    assert_true(is_ok(origin_write(sample.key.name, EPOCH_LAST, sample.seen.origin)));
    struct buffer text CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
    assert_true(is_ok(form_write(seen_form, &sample, &text)));
    sample.seen.size = (uint64_t)INT64_MAX + 1;
    assert_not_written(seen_form, &sample, ERR_DOCUMENT_VALUE, 4);
    sample.seen.size = 0;
    memcpy(sample.seen.origin, "kms.uni.example/other.example", 30);
    assert_not_written(seen_form, &sample, ERR_DOCUMENT_VALUE, 3);
    memset(sample.seen.origin, 'n', sizeof sample.seen.origin); /* without its end */
    assert_not_written(seen_form, &sample, ERR_DOCUMENT_VALUE, 3);
}

static void a_product_key_has_one_spelling_and_its_limits(void **state)
{
    (void)state;
    struct sample sample = {.product_key = product_key_generic("acme.example", "studio", "pro")};
    assert_written(product_key_form, &sample, "key 4K0Y8-7SC80-00000-00000-0K6GY\n");
    sample.product_key = (struct product_key){PRODUCT_KEY_VOLUME, PRODUCT_KEY_TAG_MAX, PRODUCT_KEY_SERIAL_MAX};
    char key[PRODUCT_KEY_TEXT_SIZE];
    char line[PRODUCT_KEY_TEXT_SIZE + 8];
    product_key_write(&sample.product_key, key);
    snprintf(line, sizeof line, "key %s\n", key);
    assert_written(product_key_form, &sample, line);
    sample.product_key.tag++;
    assert_not_written(product_key_form, &sample, ERR_DOCUMENT_VALUE, 2);
    sample.product_key = (struct product_key){PRODUCT_KEY_VOLUME, 0, PRODUCT_KEY_SERIAL_MAX + 1};
    assert_not_written(product_key_form, &sample, ERR_DOCUMENT_VALUE, 2);
    sample.product_key = (struct product_key){(enum product_key_mode)(PRODUCT_KEY_COUNTED + 1), 0, 0};
    assert_not_written(product_key_form, &sample, ERR_DOCUMENT_VALUE, 2);
    assert_not_read(product_key_form, "key 4K0Y87SC8000000000000K6GY\n", ERR_DOCUMENT_VALUE, 2);
    assert_not_read(product_key_form, "key 4K0Y8-7SC80-00000-00000-0K6GZ\n", ERR_DOCUMENT_VALUE, 2);
}

static void a_choice_is_one_of_the_words(void **state)
{
    (void)state;
    struct sample sample = {.choice = 1};
    assert_written(choice_form, &sample, "choice two\n");
    sample.choice = 2;
    assert_not_written(choice_form, &sample, ERR_DOCUMENT_VALUE, 2);
    assert_not_read(choice_form, "choice three\n", ERR_DOCUMENT_VALUE, 2);
}

static void features_ascend_and_have_a_limit(void **state)
{
    (void)state;
    struct sample sample = {.features = {.count = 2, .names = {"export", "render"}}};
    assert_written(features_form, &sample, "feature export\nfeature render\n");
    sample.features.count = 0;
    assert_written(features_form, &sample, "");
    sample.features = (struct features){.count = 2, .names = {"render", "export"}};
    assert_not_written(features_form, &sample, ERR_DOCUMENT_ORDER, 3);
    sample.features = (struct features){.count = 2, .names = {"render", "render"}};
    assert_not_written(features_form, &sample, ERR_DOCUMENT_DUPLICATE_KEY, 3);
}

static void a_feature_may_have_a_value(void **state)
{
    (void)state;
    struct sample sample = {.features = {.count = 4,
                                         .names = {"export", "resolution", "sizes", "tier"},
                                         .values = {"", "4k", "a b=c", "2"}}};
    assert_written(features_form, &sample,
                   "feature export\nfeature resolution 4k\nfeature sizes a b=c\nfeature tier 2\n");
    assert_not_read(features_form, "feature export \n", ERR_DOCUMENT_VALUE, 2);
    assert_not_read(features_form, "feature export  4k\n", ERR_DOCUMENT_VALUE, 2);
    assert_not_read(features_form, "feature export 4k \n", ERR_DOCUMENT_VALUE, 2);
    assert_not_read(features_form, "feature Export 4k\n", ERR_DOCUMENT_VALUE, 2);
    assert_not_read(features_form, "feature export 4k\nfeature export 8k\n", ERR_DOCUMENT_DUPLICATE_KEY, 3);
    memset(sample.features.values[1], 'v', FEATURE_VALUE_SIZE); /* without its end */
    assert_not_written(features_form, &sample, ERR_DOCUMENT_VALUE, 3);
    sample.features.values[1][FEATURE_VALUE_SIZE - 1] = 0;
    sample.features.values[1][0] = ' ';
    assert_not_written(features_form, &sample, ERR_DOCUMENT_VALUE, 3);
}

static void hardware_is_kind_and_digest(void **state)
{
    (void)state;
    struct sample sample = {.hardware = {.count = 1, .digests = {{.kind = "abcdefghijklmno"}}}};
    assert_written(hardware_form, &sample, "hardware abcdefghijklmno AAAAAAAAAAAAAAAAAAAAAA==\n");
    memset(sample.hardware.digests[0].kind, 'k', HARDWARE_KIND_SIZE); /* without its end */
    assert_not_written(hardware_form, &sample, ERR_DOCUMENT_VALUE, 2);
    assert_not_read(hardware_form, "hardware board\n", ERR_DOCUMENT_VALUE, 2);
    assert_not_read(hardware_form, "hardware board \n", ERR_BASE64, 2);
    assert_not_read(hardware_form, "hardware  AAAAAAAAAAAAAAAAAAAAAA==\n", ERR_DOCUMENT_VALUE, 2);
    assert_not_read(hardware_form, "hardware board AAAAAAAAAAAAAAAAAAAAAA== \n", ERR_BASE64, 2);
}

static void lists_have_one_member_at_least_and_end_at_their_limit(void **state)
{
    (void)state;
    struct sample sample = {.members = {1, 2, 3}, .member_count = 3};
    assert_written(list_form, &sample, "member 1\nmember 2\nmember 3\n");
    sample.present = true;
    sample.member_count = 1;
    assert_written(list_form, &sample, "number 0\nmember 1\n");
    sample.member_count = 0;
    assert_not_written(list_form, &sample, ERR_DOCUMENT_MISSING_KEY, 2);
    sample.member_count = 4;
    assert_not_written(list_form, &sample, ERR_DOCUMENT_LIMIT, 6);
    assert_not_read(list_form, "number 0\n", ERR_DOCUMENT_MISSING_KEY, 3);
    assert_not_read(list_form, "", ERR_DOCUMENT_MISSING_KEY, 2);
    assert_not_read(list_form, "member 1\nmember 2\nmember 3\nmember 4\n", ERR_DOCUMENT_LIMIT, 5);
    assert_not_read(list_form, "member 1\nnumber 0\n", ERR_DOCUMENT_ORDER, 3);
    assert_not_read(list_form, "number 0\nmember 1\nnumber 0\n", ERR_DOCUMENT_DUPLICATE_KEY, 4);
    assert_not_read(list_form, "number 0\nnumber 0\nmember 1\n", ERR_DOCUMENT_DUPLICATE_KEY, 3);
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_fit_into_their_arrays),
        cmocka_unit_test(numbers_end_at_their_limits),
        cmocka_unit_test(times_and_durations_end_at_theirs),
        cmocka_unit_test(bytes_are_as_many_as_said_and_64_at_most),
        cmocka_unit_test(a_key_is_written_only_where_it_can_be_read_again),
        cmocka_unit_test(a_machine_key_is_named_by_the_id_beside_it),
        cmocka_unit_test(what_was_seen_is_of_a_ledger_of_that_key),
        cmocka_unit_test(a_product_key_has_one_spelling_and_its_limits),
        cmocka_unit_test(a_choice_is_one_of_the_words),
        cmocka_unit_test(features_ascend_and_have_a_limit),
        cmocka_unit_test(a_feature_may_have_a_value),
        cmocka_unit_test(hardware_is_kind_and_digest),
        cmocka_unit_test(lists_have_one_member_at_least_and_end_at_their_limit),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
