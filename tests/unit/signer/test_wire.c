/* Whole messages over a socket, however they arrive: signer/protocol.h. */
#include "signer/protocol.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { LARGE = 1024 * 1024 };

static int near;
static int far;
static uint8_t sent[LARGE];
static uint8_t received[LARGE];

static int set_up(void **unused)
{
    (void)unused;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    near = pair[0];
    far = pair[1];
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)(i * 7 + i / 251);
    memset(received, 0, sizeof received);
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    close(near);
    if (far >= 0)
        close(far);
    return 0;
}

static void hang_up(void)
{
    close(far);
    far = -1;
}

static void *write_all(void *timeout)
{
    static bool good;
    good = wire_write(near, sent, sizeof sent, *(const int *)timeout);
    return good ? &good : NULL;
}

/* More than a socket takes at once. */
static void a_message_of_any_size_arrives_as_it_was(void **unused)
{
    (void)unused;
    static int timeouts[] = {-1, 5000};
    for (size_t i = 0; i < 2; i++) {
        pthread_t writer;
        void *written = NULL;
        memset(received, 0, sizeof received);
        assert_int_equal(pthread_create(&writer, NULL, write_all, &timeouts[i]), 0);
        assert_true(wire_read(far, received, sizeof received, timeouts[i]));
        assert_int_equal(pthread_join(writer, &written), 0);
        assert_non_null(written);
        assert_memory_equal(received, sent, sizeof sent);
    }
}

static void nothing_is_read_and_written_at_once(void **unused)
{
    (void)unused;
    assert_true(wire_read(near, received, 0, 0));
    assert_true(wire_write(near, sent, 0, 0));
}

static void a_message_that_ends_early_is_none(void **unused)
{
    (void)unused;
    assert_true(wire_write(near, sent, 10, -1));
    shutdown(near, SHUT_WR);
    assert_false(wire_read(far, received, 11, -1));
}

static void only_as_much_as_was_asked_for_is_read(void **unused)
{
    (void)unused;
    assert_true(wire_write(near, sent, 10, 0));
    assert_true(wire_read(far, received, 1, 0));
    assert_int_equal(received[0], sent[0]);
    assert_int_equal(received[1], 0);
    assert_true(wire_read(far, received + 1, 9, 0));
    assert_memory_equal(received, sent, 10);
}

static void a_message_of_one_byte_is_one(void **unused)
{
    (void)unused;
    assert_true(wire_write(near, sent + 5, 1, 0));
    assert_true(wire_read(far, received, 1, 0));
    assert_int_equal(received[0], sent[5]);
}

static void what_does_not_come_in_time_is_given_up(void **unused)
{
    (void)unused;
    assert_false(wire_read(far, received, 1, 0)); /* nor is there any waiting for what may take no time */
    assert_false(wire_read(far, received, 1, 1));
    assert_true(wire_write(near, sent, 10, 1));
    assert_false(wire_read(far, received, 11, 1));
}

static void what_is_not_taken_in_time_is_given_up(void **unused)
{
    (void)unused;
    /* Without a limit of time a write would wait for ever: one that does not block tells when the socket is full. */
    while (send(near, sent, 4096, MSG_DONTWAIT) > 0) {
    }
    assert_false(wire_write(near, sent, 1, 1));
}

static void a_peer_that_is_gone_is_an_error_and_no_signal(void **unused)
{
    (void)unused;
    hang_up();
    assert_false(wire_write(near, sent, 1, -1));
    assert_false(wire_write(near, sent, 1, 1));
    assert_false(wire_read(near, received, 1, -1));
}

/* What errno was before means nothing: neither the end of the stream nor the end of patience is an interruption. */
static void an_interruption_of_before_is_not_taken_for_one(void **unused)
{
    (void)unused;
    errno = EINTR;
    assert_false(wire_read(far, received, 1, 1));
    shutdown(near, SHUT_WR);
    errno = EINTR;
    assert_false(wire_read(far, received, 1, -1));
}

static void on_signal(int number)
{
    (void)number;
}

struct waiting {
    bool (*wait)(int timeout);
    int timeout;
    bool good;
};

static void *wait_in_thread(void *context)
{
    struct waiting *const waiting = context;
    waiting->good = waiting->wait(waiting->timeout);
    return NULL;
}

/* Signals that interrupt the call, most of them while it waits. */
static void interrupt(pthread_t thread)
{
    for (unsigned i = 0; i < 2000; i++) {
        pthread_kill(thread, SIGUSR1);
        sched_yield();
    }
}

static bool read_ten(int timeout)
{
    return wire_read(far, received, 10, timeout);
}

static bool write_ten(int timeout)
{
    return wire_write(near, sent, 10, timeout);
}

static void a_signal_does_not_end_a_message(void **unused)
{
    (void)unused;
    const struct sigaction action = {.sa_handler = on_signal}; /* without SA_RESTART */
    struct sigaction before;
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    static const int timeouts[] = {-1, 5000};
    for (size_t i = 0; i < 2; i++) {
        pthread_t thread;
        struct waiting reading = {read_ten, timeouts[i], false};
        assert_int_equal(pthread_create(&thread, NULL, wait_in_thread, &reading), 0);
        interrupt(thread);
        assert_int_equal(send(near, sent, 10, 0), 10);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_true(reading.good);

        size_t full = 0;
        for (ssize_t put = 0; (put = send(near, sent, 4096, MSG_DONTWAIT)) > 0;)
            full += (size_t)put;
        struct waiting writing = {write_ten, timeouts[i], false};
        assert_int_equal(pthread_create(&thread, NULL, wait_in_thread, &writing), 0);
        interrupt(thread);
        for (size_t left = full + 10; left > 0;) {
            const ssize_t got = recv(far, received, left < sizeof received ? left : sizeof received, 0);
            assert_true(got > 0);
            left -= (size_t)got;
        }
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_true(writing.good);
    }
    sigaction(SIGUSR1, &before, NULL);
}

/* ---- requests ---- */

static void ok(struct result result)
{
    assert_string_equal(is_ok(result) ? "ok" : error_info(result_code(result))->name, "ok");
}

static struct slice found[SIGNER_LEAVES_MAX];

/* A request with leaves of 3, 0 and LEAF_MAX bytes; its head and what follows. */
static void write_request(struct buffer *out, struct signer_request *ret_request, uint8_t **ret_texts)
{
    const struct slice leaves[] = {slice_make(sent, 3), slice_make(sent, 0), slice_make(sent + 3, LEAF_MAX)};
    const struct leaf_run run = {5, 3, leaves, hash_of(leaves[0])};
    ok(signer_request_write("kms.uni.example/acme.example", &run, out));
    memcpy(ret_request, out->data, sizeof *ret_request);
    *ret_texts = out->data + sizeof *ret_request;
}

static void the_leaves_of_a_request_are_found_where_they_were_put(void **unused)
{
    (void)unused;
    CLEANUP_BUFFER struct buffer bytes = buffer_make(LARGE);
    struct signer_request request;
    uint8_t *texts;
    struct leaf_run run;
    write_request(&bytes, &request, &texts);
    assert_true(signer_request_sound(&request));
    assert_int_equal(sizeof request + request.size, bytes.size);
    ok(signer_request_run(&request, texts, found, &run));
    assert_int_equal(run.first, 5);
    assert_int_equal(run.count, 3);
    assert_int_equal(run.leaves[0].size, 3);
    assert_int_equal(run.leaves[1].size, 0);
    assert_int_equal(run.leaves[2].size, LEAF_MAX);
    assert_memory_equal(run.leaves[2].data, sent + 3, LEAF_MAX);
    assert_true(hash_equal(&run.root, &request.root));
}

static void a_request_whose_leaves_end_elsewhere_than_it_says_is_refused(void **unused)
{
    (void)unused;
    CLEANUP_BUFFER struct buffer bytes = buffer_make(LARGE);
    struct signer_request request;
    uint8_t *texts;
    struct leaf_run run = {.count = 0};
    write_request(&bytes, &request, &texts);
    const uint32_t size = request.size;
    for (request.size = 0; request.size < size; request.size++)
        assert_int_equal(result_code(signer_request_run(&request, texts, found, &run)), ERR_TEXT_TRUNCATED);
    request.count = 2;
    assert_int_equal(result_code(signer_request_run(&request, texts, found, &run)), ERR_TEXT_TRAILING);
    request.count = 3;
    const uint32_t too_long = LEAF_MAX + 1;
    memcpy(texts, &too_long, sizeof too_long);
    assert_int_equal(result_code(signer_request_run(&request, texts, found, &run)), ERR_TEXT_TOO_LONG);
    assert_int_equal(run.count, 0);
}

static void a_request_beyond_any_limit_is_not_sound(void **unused)
{
    (void)unused;
    const struct signer_request largest = {.count = SIGNER_LEAVES_MAX, .size = SIGNER_TEXTS_MAX};
    assert_true(signer_request_sound(&largest));
    struct signer_request request = largest;
    request.count++;
    assert_false(signer_request_sound(&request));
    request = largest;
    request.size++;
    assert_false(signer_request_sound(&request));
    request = largest;
    memset(request.origin, 'o', sizeof request.origin);
    assert_false(signer_request_sound(&request));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_message_of_any_size_arrives_as_it_was),
        TEST(nothing_is_read_and_written_at_once),
        TEST(a_message_that_ends_early_is_none),
        TEST(only_as_much_as_was_asked_for_is_read),
        TEST(a_message_of_one_byte_is_one),
        TEST(what_does_not_come_in_time_is_given_up),
        TEST(what_is_not_taken_in_time_is_given_up),
        TEST(an_interruption_of_before_is_not_taken_for_one),
        TEST(a_signal_does_not_end_a_message),
        TEST(a_peer_that_is_gone_is_an_error_and_no_signal),
        TEST(the_leaves_of_a_request_are_found_where_they_were_put),
        TEST(a_request_whose_leaves_end_elsewhere_than_it_says_is_refused),
        TEST(a_request_beyond_any_limit_is_not_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
