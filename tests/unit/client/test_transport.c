/* The bundled transport, with a host on this machine that answers once with what the test wrote down. */
#include "transport/transport.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { HEARD_MAX = 32 * 1024, ANSWER_MAX = 8 * 1024, TIMEOUT_MS = 10000, SHORT_MS = 200 };

/* A host that listens from the set-up on and answers one request. */
struct host {
    int listening;
    char address[32];
    pthread_t thread;
    const char *answer; /* NULL: it says nothing until the test has ended */
    int released;       /* a pipe's end that closes then */
    char heard[HEARD_MAX];
    size_t heard_size;
};

/* What an exchange came to. */
struct told {
    int code;
    int status;
    size_t size;
    char answer[ANSWER_MAX];
    char reason[256];
};

/* Whether head and body of the request are there. */
static bool is_whole(struct host *host)
{
    host->heard[host->heard_size] = 0;
    const char *const end = strstr(host->heard, "\r\n\r\n");
    const char *const length = strcasestr(host->heard, "\r\nContent-Length: ");
    if (end == NULL)
        return false;
    const size_t body = length == NULL || length > end ? 0 : strtoul(length + strlen("\r\nContent-Length: "), NULL, 10);
    return host->heard_size >= (size_t)(end + 4 - host->heard) + body;
}

static void *serve(void *context)
{
    struct host *const host = context;
    const int socket = accept4(host->listening, NULL, NULL, SOCK_CLOEXEC);
    if (socket < 0)
        return NULL;
    while (!is_whole(host)) {
        const ssize_t got = read(socket, host->heard + host->heard_size, HEARD_MAX - 1 - host->heard_size);
        if (got <= 0)
            break;
        host->heard_size += (size_t)got;
    }
    char released;
    if (host->answer == NULL)
        (void)!read(host->released, &released, 1);
    else
        for (size_t at = 0, size = strlen(host->answer); at < size;) {
            const ssize_t put = send(socket, host->answer + at, size - at, MSG_NOSIGNAL);
            if (put <= 0)
                break;
            at += (size_t)put;
        }
    close(socket);
    return NULL;
}

static void listen_on(struct host *host)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    memset(host, 0, sizeof *host);
    host->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(host->listening >= 0);
    assert_int_equal(bind(host->listening, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(host->listening, 1), 0);
    assert_int_equal(getsockname(host->listening, (struct sockaddr *)&address, &size), 0);
    snprintf(host->address, sizeof host->address, "127.0.0.1:%u", ntohs(address.sin_port));
}

#define AUTHORIZATION "Aval-Site 0123456789+/0123456789+/0123456789+/0123456="

/* What is posted is shown with that header. */
static void ask(const char *host, const char *path, const char *body, size_t capacity, unsigned timeout_ms,
                struct told *ret_told)
{
    *ret_told = (struct told){.status = -1, .size = 77};
    ret_told->code = transport_bundled()(NULL, host, path, body, body == NULL ? 0 : strlen(body),
                                         body == NULL ? NULL : AUTHORIZATION, timeout_ms, ret_told->answer, capacity,
                                         &ret_told->size, &ret_told->status, ret_told->reason, sizeof ret_told->reason);
}

/* One exchange with a host that answers so; what it heard is in *host. */
static void talk(const char *answer, const char *body, size_t capacity, unsigned timeout_ms, struct host *host,
                 struct told *ret_told)
{
    int ends[2];
    listen_on(host);
    assert_int_equal(pipe(ends), 0);
    host->released = ends[0];
    host->answer = answer;
    assert_int_equal(pthread_create(&host->thread, NULL, serve, host), 0);
    ask(host->address, "/v1/path", body, capacity, timeout_ms, ret_told);
    close(ends[1]);
    assert_int_equal(pthread_join(host->thread, NULL), 0);
    close(ends[0]);
    close(host->listening);
}

static bool heard(const struct host *host, const char *words)
{
    return strcasestr(host->heard, words) != NULL;
}

#define FINE "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfine!"

static struct host host;
static struct told told;

static void a_page_is_asked_for_and_its_answer_told(void **state)
{
    (void)state;
    talk(FINE, NULL, ANSWER_MAX, TIMEOUT_MS, &host, &told);
    assert_int_equal(told.code, AVAL_OK);
    assert_int_equal(told.status, 200);
    assert_int_equal(told.size, 5);
    assert_memory_equal(told.answer, "fine!", 5);
    assert_memory_equal(host.heard, "GET /v1/path HTTP/1.1\r\n", strlen("GET /v1/path HTTP/1.1\r\n"));
    assert_true(heard(&host, "\r\nUser-Agent: aval/"));
    assert_false(heard(&host, "Content-Type"));
    assert_false(heard(&host, "Authorization"));
}

/* However long it is, nobody is asked whether it may be sent. */
static void a_request_is_sent_as_it_is(void **state)
{
    (void)state;
    static char body[16 * 1024];
    memset(body, 'b', sizeof body - 1);
    talk(FINE, body, ANSWER_MAX, TIMEOUT_MS, &host, &told);
    assert_int_equal(told.code, AVAL_OK);
    assert_memory_equal(host.heard, "POST /v1/path HTTP/1.1\r\n", strlen("POST /v1/path HTTP/1.1\r\n"));
    assert_true(heard(&host, "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
    assert_true(heard(&host, "\r\nAuthorization: " AUTHORIZATION "\r\n"));
    assert_false(heard(&host, "Expect"));
    const char *const sent = strstr(host.heard, "\r\n\r\n") + 4;
    assert_string_equal(sent, body);
}

static void a_denial_is_an_answer_too(void **state)
{
    static const struct {
        const char *answer;
        int status;
    } rows[] = {
        {"HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\nno", 409},
        {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\nno", 302}, /* not followed */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        talk(rows[i].answer, NULL, ANSWER_MAX, TIMEOUT_MS, &host, &told);
        assert_int_equal(told.code, AVAL_OK);
        assert_int_equal(told.status, rows[i].status);
        assert_int_equal(told.size, 2);
        assert_memory_equal(told.answer, "no", 2);
    }
}

static void an_answer_has_room_or_is_none(void **state)
{
    (void)state;
    talk(FINE, NULL, 5, TIMEOUT_MS, &host, &told);
    assert_int_equal(told.code, AVAL_OK);
    assert_int_equal(told.size, 5);
    talk(FINE, NULL, 4, TIMEOUT_MS, &host, &told);
    assert_int_equal(told.code, AVAL_HOST_ANSWER);
    assert_string_equal(told.reason, "the answer is too large");
    assert_int_equal(told.size, 77);
    assert_int_equal(told.answer[4], 0);
}

static void what_is_no_answer_is_told_from_nobody_there(void **state)
{
    static const char *const answers[] = {
        "",                                                  /* hangs up */
        "SSH-2.0-OpenSSH_9.2\r\n",                           /* speaks of something else */
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nfine!", /* ends too early */
    };
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        talk(answers[i], NULL, ANSWER_MAX, TIMEOUT_MS, &host, &told);
        assert_int_equal(told.code, AVAL_HOST_ANSWER);
        assert_int_not_equal(told.reason[0], 0);
        assert_int_equal(told.size, 77);
        assert_int_equal(told.status, -1);
    }
    listen_on(&host); /* so that the port is nobody's */
    close(host.listening);
    ask(host.address, "/", NULL, ANSWER_MAX, TIMEOUT_MS, &told);
    assert_int_equal(told.code, AVAL_HOST_UNREACHABLE);
    assert_int_not_equal(told.reason[0], 0);
}

static void a_host_that_is_silent_is_given_up_in_time(void **state)
{
    (void)state;
    talk(NULL, NULL, ANSWER_MAX, SHORT_MS, &host, &told);
    assert_int_equal(told.code, AVAL_HOST_TIMEOUT);
    assert_int_not_equal(told.reason[0], 0);
}

/* Whoever is configured is asked, and nobody on the way. */
static void no_proxy_of_the_environment_is_asked(void **state)
{
    (void)state;
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    talk(FINE, NULL, ANSWER_MAX, TIMEOUT_MS, &host, &told);
    unsetenv("http_proxy");
    assert_int_equal(told.code, AVAL_OK);
}

/* 1023 bytes with what stands before them. */
static void an_address_has_a_limit(void **state)
{
    (void)state;
    char path[1100];
    listen_on(&host);
    host.answer = FINE;
    assert_int_equal(pthread_create(&host.thread, NULL, serve, &host), 0);
    const size_t longest = 1023 - strlen("http://") - strlen(host.address);
    memset(path, 'p', sizeof path);
    path[0] = '/';
    path[longest + 1] = 0;
    ask(host.address, path, NULL, ANSWER_MAX, TIMEOUT_MS, &told);
    assert_int_equal(told.code, AVAL_HOST_UNREACHABLE);
    path[longest] = 0;
    ask(host.address, path, NULL, ANSWER_MAX, TIMEOUT_MS, &told);
    assert_int_equal(told.code, AVAL_OK);
    assert_int_equal(pthread_join(host.thread, NULL), 0);
    close(host.listening);
    assert_true(heard(&host, path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_asked_for_and_its_answer_told),
        cmocka_unit_test(a_request_is_sent_as_it_is),
        cmocka_unit_test(a_denial_is_an_answer_too),
        cmocka_unit_test(an_answer_has_room_or_is_none),
        cmocka_unit_test(what_is_no_answer_is_told_from_nobody_there),
        cmocka_unit_test(a_host_that_is_silent_is_given_up_in_time),
        cmocka_unit_test(no_proxy_of_the_environment_is_asked),
        cmocka_unit_test(an_address_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
