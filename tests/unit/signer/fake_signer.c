/*
 * A signer that says what a test wrote down, whatever it is asked: for the side of avald. In its folder lie
 *
 *   greeting     the bytes that it begins with
 *   answer-N     the bytes with which it answers request N, from 1 on; without any it says no more, and only listens
 *   stays        where it is there, the process does not end when its socket closes
 *
 * and it writes the bytes of each request to request-N.
 */
#include "signer/client.h"
#include "signer/protocol.h"
#include "system/files.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SAID_MAX = 4 * 1024 * 1024 };

static bool say(const char *folder, const char *name)
{
    char path[PATH_SIZE];
    CLEANUP_BUFFER struct buffer said = buffer_make(SAID_MAX);
    return is_ok(path_join(path, folder, name)) && is_ok(file_read(path, &said, NULL)) &&
           wire_write(STDIN_FILENO, said.data, said.size, -1);
}

/* Ends the sending side where there is nothing to be said to that request. */
static void fall_silent(const char *folder, const char *answer)
{
    char path[PATH_SIZE];
    if (!is_ok(path_join(path, folder, answer)) || !file_exists(path))
        shutdown(STDIN_FILENO, SHUT_WR);
}

static bool write_down(const char *folder, unsigned number, const struct signer_request *request, const uint8_t *texts)
{
    char name[32];
    char path[PATH_SIZE];
    snprintf(name, sizeof name, "request-%u", number);
    CLEANUP_BUFFER struct buffer bytes = buffer_make(SAID_MAX);
    buffer_append(&bytes, request, sizeof *request);
    buffer_append(&bytes, texts, request->size);
    return is_ok(path_join(path, folder, name)) && is_ok(file_write(path, buffer_slice(&bytes), 0600, NULL));
}

int main(int argc, char **argv)
{
    static uint8_t texts[SIGNER_TEXTS_MAX];
    if (argc != 2)
        return 2;
    const char *const folder = argv[1];
    bool good = say(folder, "greeting");
    for (unsigned number = 1; good; number++) {
        char name[32];
        struct signer_request request;
        snprintf(name, sizeof name, "answer-%u", number);
        fall_silent(folder, name);
        good = wire_read(STDIN_FILENO, &request, sizeof request, -1) && signer_request_sound(&request) &&
               wire_read(STDIN_FILENO, texts, request.size, -1) && write_down(folder, number, &request, texts) &&
               say(folder, name);
    }
    char path[PATH_SIZE];
    while (is_ok(path_join(path, folder, "stays")) && file_exists(path))
        pause();
    return 0;
}
