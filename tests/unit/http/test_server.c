/*
 * The server over real sockets, with handlers that know nothing: routes, answers at once, later and in pieces, peers,
 * and what the bytes go through.
 *
 * Where a test must wait for what another thread does, it looks until it is so; it sleeps nowhere else, but in the one
 * test about time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/server.h"
#include "system/clock.h"
#include "temporary.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { WAIT_MILLISECONDS = 5000, ANSWER_MAX = 64 * 1024, PIECE_SIZE = 100000 };

#define SOCKET "server.sock"

/* ---- what is served ---- */

struct world {
    char folder[TEMPORARY_SIZE];
    struct log log;
    struct http_options options;
    struct http_server *server;

    /* What the producer of /pieces did. */
    atomic_uint made;
    atomic_uint ended;
    atomic_uint handled; /* requests */
    atomic_bool admits;
};

static struct http_response text_of(const char *text)
{
    return http_response_of(HTTP_OK, "text/plain", slice_of(text));
}

static void say(struct http_request *request, const char *text)
{
    const struct http_response response = text_of(text);
    http_respond(request, &response);
}

static void count_request(void *context)
{
    struct world *const world = context;
    atomic_fetch_add(&world->handled, 1);
}

static void on_echo(void *context, struct http_request *request)
{
    count_request(context);
    const struct http_response response = http_response_of(HTTP_OK, "text/plain", http_request_body(request));
    http_respond(request, &response);
}

static void on_argument(void *context, struct http_request *request)
{
    count_request(context);
    const char *const value = http_request_argument(request, "a");
    say(request, value == NULL ? "none" : value);
}

static void on_item(void *context, struct http_request *request)
{
    count_request(context);
    say(request, http_request_name(request));
}

static void on_peer(void *context, struct http_request *request)
{
    count_request(context);
    const struct http_peer *const peer = http_request_peer(request);
    char text[128];
    if (peer->local)
        snprintf(text, sizeof text, "user %u process %d", (unsigned)peer->user, (int)peer->process);
    else
        snprintf(text, sizeof text, "address %s", peer->address);
    say(request, text);
}

/* Answered by way of another thread, which keeps what it needs in the request's room. */
struct later {
    pthread_t thread;
    struct http_request *request;
    char text[64];
};

static void *find_answer(void *context)
{
    struct later *const later = context;
    snprintf(later->text, sizeof later->text, "found");
    http_resume(later->request);
    return NULL;
}

static void answer_later(void *context, struct http_request *request)
{
    (void)context;
    struct later *const later = http_request_room(request);
    pthread_join(later->thread, NULL);
    say(request, later->text);
}

static void on_later(void *context, struct http_request *request)
{
    count_request(context);
    struct later *const later = http_request_room(request);
    later->request = request;
    http_defer(request, answer_later);
    if (pthread_create(&later->thread, NULL, find_answer, later) != 0)
        say(request, "no thread");
}

/* ?count= pieces of PIECE_SIZE letters; ?fail= the number of the one that fails; ?length= what is announced. */
struct letters {
    struct world *world;
    uint64_t next;
    uint64_t count;
    uint64_t fail;
};

static RESULT make_letters(void *context, struct buffer *out, bool *ret_last)
{
    struct letters *const letters = context;
    ENSURE(letters->next != letters->fail, INTERNAL);
    atomic_fetch_add(&letters->world->made, 1);
    if (letters->next == letters->count) {
        *ret_last = true;
        return RESULT_OK;
    }
    for (size_t i = 0; i < PIECE_SIZE; i++)
        buffer_append_byte(out, (uint8_t)('a' + letters->next % 26));
    letters->next++;
    return RESULT_OK;
}

static void end_letters(void *context)
{
    struct letters *const letters = context;
    atomic_fetch_add(&letters->world->ended, 1);
    free(letters);
}

static uint64_t number_in(struct http_request *request, const char *name, uint64_t otherwise)
{
    const char *const text = http_request_argument(request, name);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void on_pieces(void *context, struct http_request *request)
{
    count_request(context);
    struct letters *const letters = malloc(sizeof *letters);
    assert_non_null(letters);
    *letters = (struct letters){
        .world = context, .count = number_in(request, "count", 0), .fail = number_in(request, "fail", UINT64_MAX)};
    const struct http_response response = {
        .status = HTTP_OK,
        .type = "text/plain",
        .pieces = {make_letters, end_letters, letters, number_in(request, "length", HTTP_LENGTH_UNKNOWN)},
    };
    http_respond(request, &response);
}

static const struct http_route routes[] = {
    {METHOD_POST, "/echo", on_echo},        {METHOD_GET, "/argument", on_argument}, {METHOD_GET, "/items/*", on_item},
    {METHOD_POST, "/items/*/act", on_item}, {METHOD_GET, "/peer", on_peer},         {METHOD_GET, "/later", on_later},
    {METHOD_GET, "/pieces", on_pieces},
};

static bool admits(void *context, const struct http_peer *peer)
{
    struct world *const world = context;
    return !peer->local || (peer->user == geteuid() && atomic_load(&world->admits));
}

/* ---- a world for each test ---- */

static void serve(struct world *world)
{
    http_server_stop(world->server);
    world->server = NULL;
    struct reason reason = {.text = ""};
    const struct result started = http_server_start(&world->options, &world->server, &reason);
    if (!is_ok(started))
        fail_msg("%s: %s", error_info(result_code(started))->name, reason.text);
}

static int setup(void **state)
{
    struct world *const world = calloc(1, sizeof *world);
    assert_true(temporary_folder(world->folder, "http"));
    world->log = (struct log){LOG_ERROR, LOG_FORMAT_TEXT, clock_now, STDERR_FILENO};
    atomic_store(&world->admits, true);
    world->options = (struct http_options){
        .folder = world->folder,
        .socket = SOCKET,
        .threads = 1,
        .connections = 64,
        .connections_per_address = 64,
        .head_max = 4096,
        .body_max = 4096,
        .idle_timeout = 10,
        .request_timeout = 10,
        .pause_timeout = 10,
        .routes = routes,
        .route_count = sizeof routes / sizeof *routes,
        .room_size = sizeof(struct later),
        .context = world,
        .admit = admits,
        .log = &world->log,
        .name = "server",
    };
    serve(world);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *const world = *state;
    http_server_stop(world->server);
    assert_true(temporary_remove(world->folder));
    free(world);
    return 0;
}

/* ---- a client ---- */

struct answer {
    int status; /* 0: the connection ended before there was one */
    bool whole; /* the body, by its length or its last chunk */
    struct slice body;
    size_t size;
    char head[2048];
    char text[ANSWER_MAX];
};

static int open_local(const struct world *world)
{
    const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int folder = open(world->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/" SOCKET, folder);
    assert_int_equal(connect(client, (const struct sockaddr *)&address, sizeof address), 0);
    close(folder);
    return client;
}

static int open_network(const struct world *world)
{
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(http_server_port(world->server))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(client, (const struct sockaddr *)&address, sizeof address), 0);
    return client;
}

static void send_text(int client, const char *text)
{
    assert_int_equal(send(client, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* 0: the server has ended the connection. */
static size_t receive(int client, char *to, size_t room)
{
    struct pollfd ready = {.fd = client, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, WAIT_MILLISECONDS), 1);
    const ssize_t count = recv(client, to, room, 0);
    return count > 0 ? (size_t)count : 0;
}

static const char *header_of(const struct answer *answer, const char *name)
{
    const size_t length = strlen(name);
    for (const char *line = answer->head; (line = strstr(line, "\r\n")) != NULL;) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 2;
    }
    return NULL;
}

static bool starts(const char *text, const char *with)
{
    return text != NULL && strncmp(text, with, strlen(with)) == 0;
}

static void read_head(int client, struct answer *ret_answer)
{
    size_t size = 0;
    memset(ret_answer, 0, sizeof *ret_answer);
    while (strstr(ret_answer->head, "\r\n\r\n") == NULL) {
        assert_true(size < sizeof ret_answer->head - 1);
        if (receive(client, ret_answer->head + size, 1) == 0) /* and nothing of what is behind */
            return;
        size++;
    }
    ret_answer->status = (int)strtol(ret_answer->head + strlen("HTTP/1.1 "), NULL, 10);
}

/* A body with a length, of an answer whose head is there. */
static void read_body(int client, struct answer *answer)
{
    const char *const length = header_of(answer, "content-length");
    const size_t size = length == NULL ? 0 : strtoul(length, NULL, 10);
    assert_true(size < sizeof answer->text);
    while (answer->size < size) {
        const size_t count = receive(client, answer->text + answer->size, size - answer->size);
        if (count == 0)
            return;
        answer->size += count;
    }
    answer->whole = length != NULL;
    answer->body = slice_make(answer->text, answer->size);
}

static void read_answer(int client, struct answer *ret_answer)
{
    read_head(client, ret_answer);
    if (ret_answer->status != 0)
        read_body(client, ret_answer);
}

static void exchange(int client, const char *text, struct answer *ret_answer)
{
    send_text(client, text);
    read_answer(client, ret_answer);
}

static void ask(const struct world *world, const char *text, struct answer *ret_answer)
{
    const int client = open_local(world);
    exchange(client, text, ret_answer);
    close(client);
}

#define GET(target) "GET " target " HTTP/1.1\r\nHost: h\r\n\r\n"

/* Until another thread has seen to it. */
static void wait_until(atomic_uint *count, unsigned value)
{
    const int64_t end = clock_monotonic_ms() + WAIT_MILLISECONDS;
    while (atomic_load(count) != value && clock_monotonic_ms() < end)
        usleep(1000);
    assert_int_equal(atomic_load(count), value);
}

/* ---- routes ---- */

static void what_is_asked_for_finds_its_handler(void **state)
{
    static const struct {
        const char *request;
        int status;
        const char *body;
        const char *allow;
    } table[] = {
        {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", NULL},
        {GET("/argument?b=1&a=x%20y+z"), 200, "x y z", NULL},
        {GET("/argument?b=1"), 200, "none", NULL},
        {GET("/items/seven"), 200, "seven", NULL},
        {"POST /items/seven/act HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 200, "seven", NULL},
        {GET("/items/seven/act"), 405, "Method Not Allowed", "POST\r"},
        {"DELETE /items/seven HTTP/1.1\r\nHost: h\r\n\r\n", 405, "Method Not Allowed", "GET, HEAD\r"},
        {GET("/echo"), 405, "Method Not Allowed", "POST\r"},
        {GET("/items/seven/eight"), 404, "Not Found", NULL},
        {GET("/"), 404, "Not Found", NULL},
        {"nonsense\r\n\r\n", 400, "Bad Request", NULL},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct answer answer;
        ask(*state, table[i].request, &answer);
        assert_int_equal(answer.status, table[i].status);
        assert_string_equal(answer.text, table[i].body);
        assert_int_equal(header_of(&answer, "allow") != NULL, table[i].allow != NULL);
        if (table[i].allow != NULL)
            assert_true(starts(header_of(&answer, "allow"), table[i].allow));
    }
}

/* ---- answers that come later ---- */

static void an_answer_is_found_by_another_thread(void **state)
{
    enum { COUNT = 20 };
    struct answer answer;
    int clients[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        clients[i] = open_local(*state);
        send_text(clients[i], GET("/later") GET("/items/behind"));
    }
    for (size_t i = 0; i < COUNT; i++) {
        read_answer(clients[i], &answer);
        assert_string_equal(answer.text, "found");
        read_answer(clients[i], &answer);
        assert_string_equal(answer.text, "behind");
        close(clients[i]);
    }
}

/* ---- peers ---- */

static void the_peer_of_a_unix_socket_is_who_the_kernel_says(void **state)
{
    struct answer answer;
    char expected[64];
    snprintf(expected, sizeof expected, "user %u process %d", (unsigned)geteuid(), (int)getpid());
    ask(*state, GET("/peer"), &answer);
    assert_string_equal(answer.text, expected);
}

static void the_peer_of_a_network_is_its_address(void **state)
{
    struct world *const world = *state;
    static const char *const addresses[] = {"127.0.0.1"};
    world->options.folder = NULL;
    world->options.addresses = addresses;
    world->options.address_count = 1;
    serve(world);
    struct answer answer;
    const int client = open_network(world);
    exchange(client, GET("/peer"), &answer);
    assert_string_equal(answer.text, "address 127.0.0.1");
    close(client);
}

static void a_peer_that_is_not_admitted_is_refused_whatever_it_says(void **state)
{
    struct world *const world = *state;
    static const char *const requests[] = {GET("/items/one"), "nonsense\r\n\r\n", "\x16\x03\x01"};
    atomic_store(&world->admits, false);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct answer answer;
        char byte;
        const int client = open_local(world);
        exchange(client, requests[i], &answer);
        assert_int_equal(answer.status, 403);
        assert_true(starts(header_of(&answer, "connection"), "close"));
        assert_int_equal(receive(client, &byte, 1), 0);
        close(client);
    }
    assert_int_equal(atomic_load(&world->handled), 0);
}

static void a_peer_that_is_not_admitted_any_more_is_refused_on_its_open_connection(void **state)
{
    struct world *const world = *state;
    struct answer answer;
    const int client = open_local(world);
    exchange(client, GET("/items/one"), &answer);
    assert_int_equal(answer.status, 200);
    atomic_store(&world->admits, false);
    exchange(client, GET("/items/one"), &answer);
    assert_int_equal(answer.status, 403);
    close(client);
    assert_int_equal(atomic_load(&world->handled), 1);
}

static void a_unix_socket_is_its_owners_and_goes_with_the_server(void **state)
{
    struct world *const world = *state;
    struct stat status;
    char path[512];
    snprintf(path, sizeof path, "%s/" SOCKET, world->folder);
    assert_int_equal(stat(path, &status), 0);
    assert_true(S_ISSOCK(status.st_mode));
    assert_int_equal(status.st_mode & 0777, 0600);
    http_server_stop(world->server);
    world->server = NULL;
    assert_int_not_equal(stat(path, &status), 0);
}

static void a_unix_socket_that_was_left_is_replaced(void **state)
{
    struct world *const world = *state;
    http_server_stop(world->server);
    world->server = NULL;
    char path[512];
    snprintf(path, sizeof path, "%s/" SOCKET, world->folder);
    const int left = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    assert_true(left >= 0);
    close(left);
    serve(world);
    struct answer answer;
    ask(world, GET("/items/one"), &answer);
    assert_int_equal(answer.status, 200);
}

static void a_folder_that_is_not_there_is_an_error_with_its_reason(void **state)
{
    struct world *const world = *state;
    struct http_options options = world->options;
    struct http_server *server = NULL;
    struct reason reason = {.text = ""};
    options.folder = "/nonexistent/folder";
    const struct result started = http_server_start(&options, &server, &reason);
    assert_int_equal(result_code(started), ERR_FILE_WRITE);
    assert_null(server);
    assert_non_null(strstr(reason.text, "No such file"));
}

/* ---- answers in pieces ---- */

/* Reads chunks up to the last, or up to the end of the connection; the letters must be those that were made. */
static size_t read_chunks(int client, bool *ret_whole)
{
    size_t letters = 0;
    char *const text = calloc(1, PIECE_SIZE + 2);
    for (*ret_whole = false;;) {
        char line[16] = "";
        size_t length = 0;
        while (length < sizeof line - 1 && (length == 0 || line[length - 1] != '\n')) {
            if (receive(client, line + length, 1) == 0)
                goto end;
            length++;
        }
        const size_t size = strtoul(line, NULL, 16);
        assert_true(size <= PIECE_SIZE);
        for (size_t have = 0; have < size + 2;) {
            const size_t count = receive(client, text + have, size + 2 - have);
            if (count == 0)
                goto end;
            have += count;
        }
        *ret_whole = size == 0;
        if (size == 0)
            goto end;
        for (size_t i = 0; i < size; i++)
            assert_int_equal(text[i], 'a' + (letters + i) / PIECE_SIZE % 26);
        letters += size;
    }
end:
    free(text);
    return letters;
}

static void pieces_of_unknown_length_come_in_chunks_and_the_connection_goes_on(void **state)
{
    struct world *const world = *state;
    struct answer answer;
    bool whole;
    const int client = open_local(world);
    for (unsigned count = 0; count < 40; count += 13) {
        char request[128];
        snprintf(request, sizeof request, "GET /pieces?count=%u HTTP/1.1\r\nHost: h\r\n\r\n" GET("/items/behind"),
                 count);
        send_text(client, request);
        read_head(client, &answer);
        assert_int_equal(answer.status, 200);
        assert_true(starts(header_of(&answer, "transfer-encoding"), "chunked"));
        assert_null(header_of(&answer, "content-length"));
        assert_int_equal(read_chunks(client, &whole), count * PIECE_SIZE);
        assert_true(whole);
        read_answer(client, &answer);
        assert_string_equal(answer.text, "behind");
    }
    assert_int_equal(atomic_load(&world->ended), 4);
    close(client);
}

/* Counts letters up to a number of them, or to the end of the connection. */
static size_t read_letters(int client, size_t most)
{
    size_t letters = 0;
    char *const text = calloc(1, PIECE_SIZE);
    while (letters < most) {
        const size_t left = most - letters;
        const size_t count = receive(client, text, left < PIECE_SIZE ? left : PIECE_SIZE);
        if (count == 0)
            break;
        for (size_t i = 0; i < count; i++)
            assert_int_equal(text[i], 'a' + (letters + i) / PIECE_SIZE % 26);
        letters += count;
    }
    free(text);
    return letters;
}

static void pieces_of_known_length_say_it(void **state)
{
    struct world *const world = *state;
    struct answer answer;
    const int client = open_local(world);
    send_text(client, GET("/pieces?count=7&length=700000") GET("/items/behind"));
    read_head(client, &answer);
    assert_true(starts(header_of(&answer, "content-length"), "700000\r"));
    assert_null(header_of(&answer, "transfer-encoding"));
    assert_int_equal(read_letters(client, 700000), 700000);
    read_answer(client, &answer);
    assert_string_equal(answer.text, "behind");
    close(client);
}

static void older_clients_get_pieces_until_the_connection_ends(void **state)
{
    struct answer answer;
    const int client = open_local(*state);
    send_text(client, "GET /pieces?count=7 HTTP/1.0\r\n\r\n");
    read_head(client, &answer);
    assert_null(header_of(&answer, "content-length"));
    assert_null(header_of(&answer, "transfer-encoding"));
    assert_true(starts(header_of(&answer, "connection"), "close"));
    assert_int_equal(read_letters(client, SIZE_MAX), 700000);
    close(client);
}

static void who_asks_for_the_head_alone_gets_no_piece(void **state)
{
    struct world *const world = *state;
    struct answer answer;
    const int client = open_local(world);
    send_text(client, "HEAD /pieces?count=7 HTTP/1.1\r\nHost: h\r\n\r\n" GET("/items/behind"));
    read_head(client, &answer);
    assert_int_equal(answer.status, 200);
    read_answer(client, &answer);
    assert_string_equal(answer.text, "behind");
    assert_int_equal(atomic_load(&world->made), 0);
    assert_int_equal(atomic_load(&world->ended), 1);
    close(client);
}

/* Until nothing has been made for a while. */
static unsigned made_when_it_rests(struct world *world)
{
    unsigned made = 0;
    for (unsigned quiet = 0; quiet < 50;) {
        const unsigned now = atomic_load(&world->made);
        quiet = now == made && now > 0 ? quiet + 1 : 0;
        made = now;
        usleep(2000);
    }
    return made;
}

static void a_reader_that_does_not_read_stops_the_producer_and_nobody_else(void **state)
{
    enum { COUNT = 2000 };
    struct world *const world = *state;
    struct answer answer;
    bool whole;
    const int client = open_local(world);
    send_text(client, GET("/pieces?count=2000"));
    const unsigned made = made_when_it_rests(world);
    assert_true(made < 20); /* what the sockets hold, and one piece */
    ask(world, GET("/items/one"), &answer);
    assert_int_equal(answer.status, 200);
    read_head(client, &answer);
    assert_int_equal(read_chunks(client, &whole), (size_t)COUNT * PIECE_SIZE);
    assert_true(whole);
    assert_int_equal(atomic_load(&world->made), COUNT + 1);
    wait_until(&world->ended, 1);
    close(client);
}

static void a_reader_that_goes_ends_the_producer(void **state)
{
    struct world *const world = *state;
    const int client = open_local(world);
    send_text(client, GET("/pieces?count=2000"));
    assert_int_equal(read_letters(client, 0), 0);
    made_when_it_rests(world);
    assert_int_equal(atomic_load(&world->ended), 0);
    close(client);
    wait_until(&world->ended, 1);
    assert_true(atomic_load(&world->made) < 30);
}

static void a_producer_that_fails_cuts_the_connection(void **state)
{
    struct world *const world = *state;
    struct answer answer;
    bool whole;
    const int client = open_local(world);
    send_text(client, GET("/pieces?count=9&fail=3") GET("/items/behind"));
    read_head(client, &answer);
    assert_int_equal(answer.status, 200);
    assert_int_equal(read_chunks(client, &whole), 3 * PIECE_SIZE);
    assert_false(whole);
    wait_until(&world->ended, 1);
    assert_int_equal(atomic_load(&world->handled), 1);
    close(client);
}

static void a_producer_that_does_not_keep_to_its_length_cuts_the_connection(void **state)
{
    static const char *const requests[] = {GET("/pieces?count=3&length=300001"), GET("/pieces?count=3&length=299999")};
    static const size_t letters[] = {300000, 200000};
    struct world *const world = *state;
    for (unsigned i = 0; i < 2; i++) {
        struct answer answer;
        const int client = open_local(world);
        send_text(client, requests[i]);
        read_head(client, &answer);
        assert_int_equal(read_letters(client, SIZE_MAX), letters[i]);
        wait_until(&world->ended, i + 1);
        close(client);
    }
}

static void the_end_of_the_server_ends_the_producer(void **state)
{
    struct world *const world = *state;
    const int client = open_local(world);
    send_text(client, GET("/pieces?count=2000"));
    made_when_it_rests(world);
    http_server_stop(world->server);
    world->server = NULL;
    assert_int_equal(atomic_load(&world->ended), 1);
    close(client);
}

/* The time for a request does not run while pieces are read, and that of a pause begins anew with every one. */
static void a_slow_reader_is_served_and_one_that_stands_still_is_cut_off(void **state)
{
    struct world *const world = *state;
    world->options.request_timeout = 1;
    world->options.idle_timeout = 1;
    world->options.pause_timeout = 2;
    serve(world);
    struct answer answer;
    const int slow = open_local(world);
    const int still = open_local(world);
    send_text(slow, GET("/pieces?count=200"));
    send_text(still, GET("/pieces?count=200"));
    read_head(slow, &answer);
    const int64_t began = clock_monotonic_ms();
    bool whole;
    while (clock_monotonic_ms() - began < 2800) { /* longer than each of the three */
        char text[16 * 1024];
        assert_true(receive(slow, text, sizeof text) > 0);
        usleep(20000);
    }
    assert_int_equal(atomic_load(&world->ended), 1); /* the other's */
    read_head(still, &answer);
    read_chunks(still, &whole);
    assert_false(whole);
    close(still);
    close(slow);
    wait_until(&world->ended, 2);
}

/* ---- what the bytes go through ---- */

enum { MASK = 0x5a, SEND_MOST = 29 };

static atomic_uint masked_streams;

/* Flips bits both ways, hides that fact in its session, and accepts a few bytes at a time. */
static bool mask_begin(struct http_stream *stream)
{
    stream->session = malloc(SEND_MOST);
    atomic_fetch_add(&masked_streams, stream->session != NULL ? 1 : 0);
    return stream->session != NULL;
}

static void mask(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] ^= MASK;
}

static ssize_t mask_receive(struct http_stream *stream, void *to, size_t room)
{
    uint8_t *const bytes = to;
    size_t size = 0;
    ssize_t count = 1;
    while (count > 0 && size < room) {
        count = http_stream_plain.receive(stream, bytes + size, room - size < 5 ? room - size : 5);
        size += count > 0 ? (size_t)count : 0;
    }
    mask(bytes, size);
    return size > 0 ? (ssize_t)size : count;
}

static ssize_t mask_send(struct http_stream *stream, struct slice first, struct slice second)
{
    uint8_t *const bytes = stream->session;
    const struct slice part = first.size > 0 ? first : second;
    const size_t size = part.size < SEND_MOST ? part.size : SEND_MOST;
    memcpy(bytes, part.data, size);
    mask(bytes, size);
    return http_stream_plain.send(stream, slice_make(bytes, size), slice_make(NULL, 0));
}

static bool mask_finish(struct http_stream *stream)
{
    return http_stream_plain.finish(stream);
}

static void mask_end(struct http_stream *stream)
{
    free(stream->session);
    atomic_fetch_sub(&masked_streams, 1);
    http_stream_plain.end(stream);
}

static const struct http_stream_calls masked = {mask_begin, mask_receive, mask_send, mask_finish, mask_end};

static void send_masked(int client, const char *text)
{
    char *const copy = strdup(text);
    mask((uint8_t *)copy, strlen(text));
    assert_int_equal(send(client, copy, strlen(text), MSG_NOSIGNAL), strlen(text));
    free(copy);
}

static void every_byte_goes_through_the_stream(void **state)
{
    static const char request[] = "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    struct world *const world = *state;
    world->options.stream = &masked;
    serve(world);
    char text[1024] = "";
    size_t size = 0;
    const int client = open_local(world);
    send_masked(client, request);
    for (bool told = false; size < sizeof text - 1;) {
        const size_t count = receive(client, text + size, sizeof text - 1 - size);
        if (count == 0)
            break;
        mask((uint8_t *)text + size, count);
        size += count;
        if (!told && strstr(text, "100 Continue\r\n\r\n") != NULL) {
            send_masked(client, "helloGET /pieces?count=0 HTTP/1.0\r\n\r\n");
            told = true;
        }
    }
    close(client);
    assert_non_null(strstr(text, "\r\n\r\nhelloHTTP/1.1 200 OK\r\n"));
    wait_until(&masked_streams, 0);
}

/* ---- the end ---- */

static void a_quiet_server_calls_no_handler(void **state)
{
    struct world *const world = *state;
    struct answer answer;
    const int client = open_local(world);
    exchange(client, GET("/items/one"), &answer);
    assert_int_equal(answer.status, 200);
    http_server_quiesce(world->server);
    exchange(client, GET("/items/two"), &answer);
    assert_int_equal(answer.status, 503);
    assert_true(starts(header_of(&answer, "connection"), "close"));
    assert_int_equal(atomic_load(&world->handled), 1);
    close(client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_asked_for_finds_its_handler),
        TEST(an_answer_is_found_by_another_thread),
        TEST(the_peer_of_a_unix_socket_is_who_the_kernel_says),
        TEST(the_peer_of_a_network_is_its_address),
        TEST(a_peer_that_is_not_admitted_is_refused_whatever_it_says),
        TEST(a_peer_that_is_not_admitted_any_more_is_refused_on_its_open_connection),
        TEST(a_unix_socket_is_its_owners_and_goes_with_the_server),
        TEST(a_unix_socket_that_was_left_is_replaced),
        TEST(a_folder_that_is_not_there_is_an_error_with_its_reason),
        TEST(pieces_of_unknown_length_come_in_chunks_and_the_connection_goes_on),
        TEST(pieces_of_known_length_say_it),
        TEST(older_clients_get_pieces_until_the_connection_ends),
        TEST(who_asks_for_the_head_alone_gets_no_piece),
        TEST(a_reader_that_does_not_read_stops_the_producer_and_nobody_else),
        TEST(a_reader_that_goes_ends_the_producer),
        TEST(a_producer_that_fails_cuts_the_connection),
        TEST(a_producer_that_does_not_keep_to_its_length_cuts_the_connection),
        TEST(the_end_of_the_server_ends_the_producer),
        TEST(a_slow_reader_is_served_and_one_that_stands_still_is_cut_off),
        TEST(every_byte_goes_through_the_stream),
        TEST(a_quiet_server_calls_no_handler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
