/* An activation listener on a host of its own, and a client that says every byte itself. */
#ifndef LISTENER_RIG_H
#define LISTENER_RIG_H

#include "host_fixture.h"

#include "host/listener.h"
#include "proto/api.h"

enum { REPLY_MAX = 64 * 1024, WAIT_MILLISECONDS = 5000 };

struct site {
    struct host_fixture fixture;
    struct store *store;
    struct engine *engine;
    struct listener *listener;
    struct config config;
};

struct reply {
    int status; /* 0: the connection ended without an answer */
    size_t head_size;
    struct slice body;
    char text[REPLY_MAX];
};

void listen_with(struct site *site, const struct config *config);
int site_setup(void **state);
void site_end(struct site *site);
int site_teardown(void **state);
int connect_to(const char *address, uint16_t port);
int open_client(const struct site *site);
void send_all(int client, const void *data, size_t size);
void send_text(int client, const char *text);
const char *header_of(const struct reply *reply, const char *name);
bool starts(const char *text, const char *with);
void read_reply(int client, bool head_only, struct reply *reply);
void send_post(int client, const char *path, struct slice body);
void post(const struct site *site, const char *path, struct slice body, struct reply *reply);
void ask(const struct site *site, const char *method, const char *path, struct reply *reply);
struct denial denial_in(const struct reply *reply, enum error_code code);
struct buffer request_text(uint64_t machine, uint64_t number);
void post_request(const struct site *site, uint64_t machine, const struct request *request, struct reply *reply);
void post_release(const struct site *site, uint64_t machine, const struct release *release, struct reply *reply);
/* An answer with that leaf. */
void check_leaf(const struct reply *reply, uint64_t index);

#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)

#endif
