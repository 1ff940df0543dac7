/* The listener and its client; see listener_rig.h. */
#include "listener_rig.h"

#include "proto/answer.h"
#include "store/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

void listen_with(struct site *site, const struct config *config)
{
    listener_stop(site->listener);
    site->listener = NULL;
    assert_ok(listener_start(config, site->engine, &site->fixture.log, &site->listener, NULL));
}

int site_setup(void **state)
{
    struct site *const site = calloc(1, sizeof *site);
    host_fixture_make(&site->fixture);
    const struct license license = fixture_license(&site->fixture, "main");
    fixture_put_license(&site->fixture, &license);
    fixture_put_revocations(&site->fixture, 1, "another");
    assert_ok(store_open_memory(&site->store));
    struct authority *const authority = fixture_authority(&site->fixture);
    const struct engine_options options = fixture_options(&site->fixture, site->store, authority);
    assert_ok(engine_start(&options, &site->engine, NULL));
    authority_release(authority);
    site->config = (struct config){
        .connections = 2000, .connections_per_address = 1500, .idle_timeout = 10, .request_timeout = 15};
    listen_with(site, &site->config);
    *state = site;
    return 0;
}

void site_end(struct site *site)
{
    if (site->listener != NULL)
        listener_quiesce(site->listener);
    engine_stop(site->engine);
    listener_stop(site->listener);
    site->engine = NULL;
    site->listener = NULL;
}

int site_teardown(void **state)
{
    struct site *const site = *state;
    site_end(site);
    store_close(site->store);
    host_fixture_remove(&site->fixture);
    free(site);
    return 0;
}

/* ---- a client ---- */

int connect_to(const char *address, uint16_t port)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    const bool is_six = inet_pton(AF_INET6, address, &six.sin6_addr) == 1;
    if (!is_six)
        assert_int_equal(inet_pton(AF_INET, address, &four.sin_addr), 1);
    const int client = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr *const to = is_six ? (const void *)&six : (const void *)&four;
    if (connect(client, to, is_six ? sizeof six : sizeof four) == 0)
        return client;
    close(client);
    return -1;
}

int open_client(const struct site *site)
{
    const int client = connect_to("127.0.0.1", listener_port(site->listener));
    assert_true(client >= 0);
    return client;
}

void send_all(int client, const void *data, size_t size)
{
    for (size_t sent = 0; sent < size;) {
        const ssize_t count = send(client, (const char *)data + sent, size - sent, MSG_NOSIGNAL);
        if (count < 0)
            return; /* the test looks at the answer */
        sent += (size_t)count;
    }
}

void send_text(int client, const char *text)
{
    send_all(client, text, strlen(text));
}

const char *header_of(const struct reply *reply, const char *name)
{
    const char *line = reply->text;
    const size_t length = strlen(name);
    while ((line = strstr(line, "\r\n")) != NULL && line < reply->text + reply->head_size) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 2;
    }
    return NULL;
}

bool starts(const char *text, const char *with)
{
    return text != NULL && strncmp(text, with, strlen(with)) == 0;
}

/* Whether more came. */
static bool read_more(int client, struct reply *reply, size_t *size)
{
    struct pollfd ready = {.fd = client, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, WAIT_MILLISECONDS), 1);
    assert_true(*size < REPLY_MAX - 1);
    const ssize_t count = recv(client, reply->text + *size, REPLY_MAX - 1 - *size, 0);
    if (count <= 0)
        return false;
    *size += (size_t)count;
    reply->text[*size] = 0;
    return true;
}

void read_reply(int client, bool head_only, struct reply *reply)
{
    size_t size = 0;
    const char *head_end = NULL;
    *reply = (struct reply){.status = 0};
    while (head_end == NULL) {
        if (!read_more(client, reply, &size))
            return;
        head_end = strstr(reply->text, "\r\n\r\n");
    }
    reply->head_size = (size_t)(head_end - reply->text) + 4;
    const char *const length = header_of(reply, "content-length");
    const size_t body_size = length == NULL || head_only ? 0 : strtoul(length, NULL, 10);
    while (size < reply->head_size + body_size)
        if (!read_more(client, reply, &size))
            return;
    reply->status = (int)strtol(reply->text + strlen("HTTP/1.1 "), NULL, 10);
    reply->body = slice_make(reply->text + reply->head_size, body_size);
}

void send_post(int client, const char *path, struct slice body)
{
    char head[256];
    const int size =
        snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", path, body.size);
    send_all(client, head, (size_t)size);
    send_all(client, body.data, body.size);
}

void post(const struct site *site, const char *path, struct slice body, struct reply *reply)
{
    const int client = open_client(site);
    send_post(client, path, body);
    read_reply(client, false, reply);
    close(client);
}

void ask(const struct site *site, const char *method, const char *path, struct reply *reply)
{
    const int client = open_client(site);
    char head[256];
    snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: h\r\n\r\n", method, path);
    send_text(client, head);
    read_reply(client, strcmp(method, "HEAD") == 0, reply);
    close(client);
}

/* Every failure has a denial for a body, with the status of its code. */
struct denial denial_in(const struct reply *reply, enum error_code code)
{
    struct denial denial;
    assert_ok(denial_read(reply->body, &denial));
    assert_int_equal(denial.code, code);
    assert_int_equal(reply->status, error_info(code)->http_status);
    assert_true(starts(header_of(reply, "cache-control"), "no-store"));
    return denial;
}

struct buffer request_text(uint64_t machine, uint64_t number)
{
    const struct request request = fixture_request(machine, number);
    struct buffer note = buffer_make(REQUEST_MAX);
    fixture_sign_request(machine, &request, &note);
    return note;
}

void post_request(const struct site *site, uint64_t machine, const struct request *request, struct reply *reply)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(REQUEST_MAX);
    fixture_sign_request(machine, request, &note);
    post(site, API_ACTIVATE, buffer_slice(&note), reply);
}

void post_release(const struct site *site, uint64_t machine, const struct release *release, struct reply *reply)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(REQUEST_MAX);
    fixture_sign_release(machine, release, &note);
    post(site, API_RELEASE, buffer_slice(&note), reply);
}

void check_leaf(const struct reply *reply, uint64_t index)
{
    struct answer answer;
    struct tlog_proof proof;
    assert_int_equal(reply->status, 200);
    assert_true(starts(header_of(reply, "content-type"), TYPE_TEXT));
    assert_true(starts(header_of(reply, "cache-control"), "no-store"));
    assert_ok(answer_read(reply->body, &answer));
    assert_ok(tlog_proof_read(answer.proof, &proof));
    assert_int_equal(proof.index, index);
}
