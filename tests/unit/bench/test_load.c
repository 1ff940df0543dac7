/* What the load generator sends is canonical, goes to loopback alone, and what comes back is read strictly. */
#include "bench/load/response.h"
#include "bench/load/target.h"
#include "bench/load/template.h"

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

static void machines_of_different_numbers_have_different_ids(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    struct machine_id *ids = calloc(COUNT, sizeof *ids);
    assert_non_null(ids);
    for (uint64_t i = 0; i < COUNT; i++) {
        struct bench_machine machine;
        bench_machine_make(BENCH_SEED, i, &machine);
        ids[i] = machine.id;
    }
    qsort(ids, COUNT, sizeof *ids, compare_ids);
    for (size_t i = 1; i < COUNT; i++)
        assert_memory_not_equal(&ids[i - 1], &ids[i], sizeof *ids);
    free(ids);
}

static void a_machine_is_the_same_each_time_it_is_made(void **state)
{
    (void)state;
    struct bench_machine once;
    struct bench_machine again;
    bench_machine_make(7, 123456, &once);
    bench_machine_make(7, 123456, &again);
    assert_memory_equal(&once, &again, sizeof once);
    bench_machine_make(8, 123456, &again);
    assert_memory_not_equal(&once, &again, sizeof once);
}

static void nonces_differ_between_requests_and_between_runs(void **state)
{
    (void)state;
    const struct nonce a = bench_nonce(1, 1);
    const struct nonce b = bench_nonce(1, 2);
    const struct nonce c = bench_nonce(2, 1);
    assert_memory_not_equal(&a, &b, sizeof a);
    assert_memory_not_equal(&a, &c, sizeof a);
}

/* ---- requests ---- */

static struct template sample_template(uint64_t seen)
{
    struct request request = {.vendor = "acme.example",
                              .product = "studio",
                              .edition = "pro",
                              .time = 1795338000,
                              .state = STATE_LICENSED,
                              .seen = seen};
    struct template template;
    assert_true(is_ok(template_make(&request, "127.0.0.1:8216", "/v1/activate", &template)));
    return template;
}

static struct slice body_of(const struct template *template)
{
    return slice_make(template->bytes + template->body, template->size - template->body);
}

static void a_patched_request_is_canonical_and_says_what_was_patched_in(void **state)
{
    (void)state;
    struct template template = sample_template(70000);
    for (uint64_t number = 0; number < 1000; number++) {
        struct bench_machine machine;
        bench_machine_make(BENCH_SEED, number, &machine);
        const struct nonce nonce = bench_nonce(5, number);
        template_fill(&template, &machine, &nonce);
        template_set_time(&template, (seconds)(1795338000 + number * 7777));

        struct request request;
        assert_true(is_ok(request_read(body_of(&template), &request)));
        struct hardware hardware;
        bench_machine_hardware(&machine, &hardware);
        assert_memory_equal(&request.machine, &machine.id, sizeof machine.id);
        assert_memory_equal(&request.lock, &machine.lock, sizeof machine.lock);
        assert_memory_equal(&request.nonce, &nonce, sizeof nonce);
        assert_memory_equal(&request.hardware, &hardware, sizeof hardware);
        assert_int_equal(request.time, 1795338000 + number * 7777);
        assert_int_equal(request.seen, 70000);

        CLEANUP_BUFFER struct buffer again = buffer_make(TEMPLATE_MAX);
        assert_true(is_ok(request_write(&request, &again)));
        assert_true(slice_equal(buffer_slice(&again), body_of(&template)));
    }
}

static void the_head_says_the_length_of_the_body(void **state)
{
    (void)state;
    const struct template template = sample_template(0);
    char wanted[64];
    snprintf(wanted, sizeof wanted, "\r\nContent-Length: %zu\r\n\r\n", template.size - template.body);
    const size_t length = strlen(wanted);
    assert_memory_equal(template.bytes + template.body - length, wanted, length);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machines_of_different_numbers_have_different_ids),
        cmocka_unit_test(a_machine_is_the_same_each_time_it_is_made),
        cmocka_unit_test(nonces_differ_between_requests_and_between_runs),
        cmocka_unit_test(a_patched_request_is_canonical_and_says_what_was_patched_in),
        cmocka_unit_test(the_head_says_the_length_of_the_body),
        cmocka_unit_test(load_goes_to_loopback_only),
        cmocka_unit_test(sources_are_loopback_addresses_beside_the_first),
        cmocka_unit_test(an_answer_is_read_once_it_is_whole),
        cmocka_unit_test(what_is_no_answer_is_broken),
        cmocka_unit_test(an_answer_with_something_behind_it_is_broken),
        cmocka_unit_test(a_head_without_end_is_broken_at_the_limit),
    };
    return cmocka_run_group_tests_name("bench/load", tests, NULL, NULL);
}
