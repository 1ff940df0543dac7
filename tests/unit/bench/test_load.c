/* What the load generator sends is canonical and signed, goes to loopback alone, and what comes back is read strictly.
 */
#include "base/secret.h"
#include "bench/load/questions.h"
#include "bench/load/response.h"
#include "bench/load/target.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- machines ---- */

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct machine_id));
}

static struct bench_machine machine_of(uint64_t seed, uint64_t number)
{
    struct bench_machine machine;
    assert_true(is_ok(bench_machine_make(seed, number, &machine)));
    return machine;
}

static void machines_of_different_numbers_have_different_ids(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    struct machine_id *ids = calloc(COUNT, sizeof *ids);
    assert_non_null(ids);
    for (uint64_t i = 0; i < COUNT; i++)
        ids[i] = machine_of(BENCH_SEED, i).id;
    qsort(ids, COUNT, sizeof *ids, compare_ids);
    for (size_t i = 1; i < COUNT; i++)
        assert_memory_not_equal(&ids[i - 1], &ids[i], sizeof *ids);
    free(ids);
}

static void a_machine_is_the_same_each_time_it_is_made(void **state)
{
    (void)state;
    const struct bench_machine once = machine_of(7, 123456);
    struct bench_machine again = machine_of(7, 123456);
    assert_memory_equal(&once, &again, sizeof once);
    again = machine_of(8, 123456);
    assert_memory_not_equal(&once.id, &again.id, sizeof once.id);
    assert_memory_not_equal(&once.hardware, &again.hardware, sizeof once.hardware);
}

static void a_played_key_signs_as_the_core_does(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < 50; i++) {
        const uint8_t seed[SEED_SIZE] = {i, 1, 2, 3};
        CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
        struct played_key played;
        assert_true(is_ok(machine_key_make(seed, &key)));
        assert_true(is_ok(played_key_make(seed, &played)));
        assert_true(verifier_key_equal(&played.verifier, signing_key_verifier(key)));

        CLEANUP_BUFFER struct buffer wanted = buffer_make(MACHINE_NOTE_MAX);
        CLEANUP_BUFFER struct buffer note = buffer_make(MACHINE_NOTE_MAX);
        assert_true(is_ok(machine_note_sign(slice_of("what a machine says\n"), key, &wanted)));
        assert_true(is_ok(played_note_sign(slice_of("what a machine says\n"), &played, &note)));
        assert_true(slice_equal(buffer_slice(&note), buffer_slice(&wanted)));
    }
}

/* ---- requests ---- */

static struct question_plan sample_plan(void)
{
    const uint8_t seed[SEED_SIZE] = {7};
    struct played_key key;
    struct question_plan plan = {.request = {.vendor = "acme.example",
                                             .product = "studio",
                                             .edition = "pro",
                                             .time = 1795338000,
                                             .state = STATE_LICENSED,
                                             .seen = {.origin = "kms.example/acme.example", .size = 70000}},
                                 .host = "127.0.0.1:8216",
                                 .path = "/v1/activate",
                                 .machine_seed = BENCH_SEED,
                                 .machines_from = 50,
                                 .machines_count = 100,
                                 .start = 1000000007,
                                 .number = UINT64_C(1795338000000000)};
    assert_true(is_ok(played_key_make(seed, &key)));
    assert_true(is_ok(
        verifier_key_make(slice_of("kms.example/acme.example"), key.verifier.public_key, &plan.request.host_key)));
    return plan;
}

static void a_question_is_the_request_that_its_machine_signed(void **state)
{
    (void)state;
    const struct question_plan plan = sample_plan();
    for (uint64_t n = 0; n < 250; n++) {
        CLEANUP_BUFFER struct buffer message = buffer_make(QUESTION_MAX);
        struct request request;
        size_t body;
        assert_true(is_ok(question_write(&plan, n, &message, &body)));
        assert_true(is_ok(request_open(slice_make(message.data + body, message.size - body), &request)));

        const struct bench_machine machine = machine_of(BENCH_SEED, 50 + (1000000007 + n) % 100);
        struct bench_machine told;
        assert_true(is_ok(question_machine(&plan, n, &told)));
        assert_memory_equal(&told, &machine, sizeof told);
        assert_memory_equal(&request.machine, &machine.id, sizeof machine.id);
        assert_memory_equal(&request.hardware, &machine.hardware, sizeof machine.hardware);
        assert_true(verifier_key_equal(&request.host_key, &plan.request.host_key));
        assert_memory_equal(&request.seen, &plan.request.seen, sizeof request.seen);
        assert_true(request.number == plan.number + n);
        assert_int_equal(request.time, 1795338000);
    }
}

static void the_head_says_the_length_of_the_note(void **state)
{
    (void)state;
    const struct question_plan plan = sample_plan();
    CLEANUP_BUFFER struct buffer message = buffer_make(QUESTION_MAX);
    size_t body;
    char wanted[64];
    assert_true(is_ok(question_write(&plan, 0, &message, &body)));
    snprintf(wanted, sizeof wanted, "\r\nContent-Length: %zu\r\n\r\n", message.size - body);
    const size_t length = strlen(wanted);
    assert_memory_equal(message.data + body - length, wanted, length);
}

static void note_progress(void *context, uint64_t done)
{
    uint64_t *const last = context;
    assert_true(done >= *last);
    *last = done;
}

static void questions_signed_beforehand_are_those_that_would_be_asked(void **state)
{
    (void)state;
    enum { COUNT = 333 };
    const struct question_plan plan = sample_plan();
    struct questions questions;
    uint64_t shown = 0;
    assert_true(is_ok(questions_sign(&plan, COUNT, note_progress, &shown, &questions)));
    assert_int_equal(shown, COUNT);
    for (uint64_t n = 0; n < COUNT; n++) {
        CLEANUP_BUFFER struct buffer message = buffer_make(QUESTION_MAX);
        size_t body;
        assert_true(is_ok(question_write(&plan, n, &message, &body)));
        assert_true(slice_equal(question_message(&questions, n), buffer_slice(&message)));
        assert_true(slice_equal(question_note(&questions, n), slice_make(message.data + body, message.size - body)));
    }
    assert_true(slice_equal(question_message(&questions, COUNT + 5), question_message(&questions, 5)));
    questions_free(&questions);
}

/* ---- where it goes ---- */

static void load_goes_to_loopback_only(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool accepted;
    } CASES[] = {
        {"127.0.0.1:8216", true},       {"127.255.3.4:1", true},
        {"[::1]:65535", true},          {"128.0.0.1:80", false},
        {"10.0.0.1:80", false},         {"0.0.0.0:80", false},
        {"localhost:80", false},        {"[::]:80", false},
        {"[2001:db8::1]:80", false},    {"127.0.0.1", false},
        {"127.0.0.1:0", false},         {"127.0.0.1:65536", false},
        {"127.0.0.1:080", false},       {"127.0.0.1:80x", false},
        {"[::ffff:8.8.8.8]:80", false}, {"", false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct target target;
        if (is_ok(target_read(CASES[i].text, &target)) != CASES[i].accepted)
            fail_msg("%s", CASES[i].text);
    }
}

static void sources_are_loopback_addresses_beside_the_first(void **state)
{
    (void)state;
    struct target target;
    struct sockaddr_storage source;
    socklen_t size;
    assert_true(is_ok(target_read("127.0.0.1:80", &target)));
    for (unsigned n = 0; n < 1000; n++) {
        assert_true(target_source(&target, n, &source, &size));
        struct sockaddr_in address;
        memcpy(&address, &source, sizeof address);
        const uint32_t number = ntohl(address.sin_addr.s_addr);
        assert_in_range(number, INADDR_LOOPBACK + 1, INADDR_LOOPBACK + TARGET_SOURCES_MAX);
    }
    assert_true(is_ok(target_read("[::1]:80", &target)));
    assert_false(target_source(&target, 0, &source, &size));
}

/* ---- what comes back ---- */

#define ANSWER "HTTP/1.1 200 OK\r\nServer: x\r\ncontent-length: 5\r\nConnection: close\r\n\r\nhello"

static void an_answer_is_read_once_it_is_whole(void **state)
{
    (void)state;
    struct response response;
    for (size_t size = 0; size < strlen(ANSWER); size++)
        assert_int_equal(response_parse(slice_make(ANSWER, size), &response), RESPONSE_INCOMPLETE);
    assert_int_equal(response_parse(slice_of(ANSWER), &response), RESPONSE_WHOLE);
    assert_int_equal(response.status, 200);
    assert_true(response.closes);
    assert_true(slice_is(response.body, "hello"));
}

static void what_is_no_answer_is_broken(void **state)
{
    (void)state;
    static const char *const CASES[] = {
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",       "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",       "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    };
    struct response response;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        if (response_parse(slice_of(CASES[i]), &response) != RESPONSE_BROKEN)
            fail_msg("%s", CASES[i]);
}

static void an_answer_with_something_behind_it_is_broken(void **state)
{
    (void)state;
    struct response response;
    assert_int_equal(response_parse(slice_of(ANSWER "x"), &response), RESPONSE_BROKEN);
}

static void a_head_without_end_is_broken_at_the_limit(void **state)
{
    (void)state;
    char head[RESPONSE_HEAD_MAX];
    struct response response;
    memset(head, 'a', sizeof head);
    assert_int_equal(response_parse(slice_make(head, sizeof head - 1), &response), RESPONSE_INCOMPLETE);
    assert_int_equal(response_parse(slice_make(head, sizeof head), &response), RESPONSE_BROKEN);
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machines_of_different_numbers_have_different_ids),
        cmocka_unit_test(a_machine_is_the_same_each_time_it_is_made),
        cmocka_unit_test(a_played_key_signs_as_the_core_does),
        cmocka_unit_test(a_question_is_the_request_that_its_machine_signed),
        cmocka_unit_test(the_head_says_the_length_of_the_note),
        cmocka_unit_test(questions_signed_beforehand_are_those_that_would_be_asked),
        cmocka_unit_test(load_goes_to_loopback_only),
        cmocka_unit_test(sources_are_loopback_addresses_beside_the_first),
        cmocka_unit_test(an_answer_is_read_once_it_is_whole),
        cmocka_unit_test(what_is_no_answer_is_broken),
        cmocka_unit_test(an_answer_with_something_behind_it_is_broken),
        cmocka_unit_test(a_head_without_end_is_broken_at_the_limit),
    };
    return cmocka_run_group_tests_name("bench/load", tests, start, NULL);
}
