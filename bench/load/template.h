/*
 * One whole HTTP request, written once by the writer of the documents and then patched in place for each machine, so
 * that making a request costs next to nothing.
 *
 * Always: what template_fill leaves in the body is a canonical request document. Pure.
 */
#ifndef BENCH_LOAD_TEMPLATE_H
#define BENCH_LOAD_TEMPLATE_H

#include "machines.h"

enum { TEMPLATE_MAX = 4096 };

struct template
{
    size_t size;
    size_t body; /* where the document begins */
    size_t machine;
    size_t digests[BENCH_DIGESTS];
    size_t nonce;
    size_t lock;
    size_t time;
    uint8_t bytes[TEMPLATE_MAX];
};

/* `request` says vendor, product, edition, state and seen; the rest is patched. `host` goes into the HTTP head. */
RESULT template_make(const struct request *request, const char *host, const char *path, struct template *ret_template);
/* Sets the machine's time for all requests from now on. */
void template_set_time(struct template *template, seconds now);
/* Patches machine and nonce in; the request is template->bytes. */
void template_fill(struct template *template, const struct bench_machine *machine, const struct nonce *nonce);

#endif
