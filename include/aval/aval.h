/*
 * libaval: volume activation inside a product.
 *
 * A product ships its signed product document and the vendor's verifier key, opens the machine's state folder, installs
 * the document and a product key, and asks for the status at each start. Activation and renewal may be done by the
 * product itself or by the `aval` command on the same folder. What to disable without a license is the product's
 * choice.
 *
 *     static const char *const vendor_keys[] = {"acme.example+61421d1c+AYjfVWQTU4sAIBXpYZsBvbXMSMchVkV5JWP1Rg9zB6dj"};
 *     const struct aval_options options = {.size = sizeof options, .vendor_keys = vendor_keys, .vendor_key_count = 1};
 *     aval_machine *machine;
 *     if (aval_open(&options, &machine) == AVAL_OK) {
 *         struct aval_status status = {.size = sizeof status};
 *         if (aval_status(machine, "acme.example/studio", &status) == AVAL_OK && status.state == AVAL_LICENSED)
 *             ...
 *         aval_close(machine);
 *     }
 *
 * The key is compiled in because the state folder belongs to the machine and not to the product: whoever can write
 * there could put a vendor of his own beside a license of his own. examples/studio.c is a whole product.
 *
 * Conventions
 *   - Every function that can fail returns an aval_code of <aval/codes.h>: AVAL_OK or the reason. On failure no output
 *     has been written.
 *   - `T **ret_x` is yours to free with the function named there; `const char *` results are borrowed.
 *   - Strings are UTF-8 and end in zero. Times are seconds since 1970-01-01T00:00:00Z, durations seconds.
 *   - Calls that change nothing need no rights but those of reading: aval_status(), aval_products(), aval_evidence_*(),
 *     aval_renew() while no renewal is due, and installing a product or key that is installed already.
 *   - A handle serves one thread at a time; different handles are independent, also on the same folder, also in
 *     different processes: writers exclude each other by a lock, readers never wait, and nothing is locked while a host
 *     is asked.
 *   - libaval prints nothing, never exits, installs no signal handlers and starts no threads (but in a
 *     build without c-ares, where libcurl may use one while it looks up the name of a host).
 *   - Structs begin with `size`, to be set to sizeof by the caller, so that later versions can grow them.
 */
#ifndef AVAL_AVAL_H
#define AVAL_AVAL_H

#include <aval/codes.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AVAL_API __attribute__((visibility("default")))

/* ---- a machine and what surrounds it ---- */

typedef struct aval_machine aval_machine;

/* One digest source of this machine's hardware, for products that know better than the library what identifies it.
 * Several of one kind, such as disks, count as one that is as it was while one of them is. Leases of a machine with
 * fewer than two kinds last a day; one of the kind "identity", which the platform vouches for (of a
 * container or a cloud's instance), suffices alone. */
struct aval_hardware {
    const char *kind;  /* lower-case letters, at most 15: "board" */
    const char *value; /* anything stable; it is only ever sent as a salted digest */
};

/* How requests reach a host. Returns 0 and fills in the answer, or an aval_code of category network
 * (AVAL_HOST_UNREACHABLE, AVAL_HOST_TIMEOUT, AVAL_NAME_SERVERS, AVAL_HOST_CERTIFICATE). `host` is spelt as
 * aval_hosts_set() says, and may begin with "https://". `body` NULL: GET. `authorization`: to be sent as the value of
 * the header `Authorization`, in one line and as it is; NULL: no such header. A machine that has its organisation's
 * site key (aval_site_key_set) shows it in that way, so a transport that leaves the header out has it answered as a
 * stranger's. It belongs to this body alone, and gives the key to nobody. At most `capacity` bytes of answer go to
 * `answer` (more: AVAL_HOST_ANSWER). `reason`: up to reason_size bytes of explanation for people, zero-terminated. */
typedef int (*aval_transport)(void *context, const char *host, const char *path, const char *body, size_t body_size,
                              const char *authorization, unsigned timeout_ms, char *answer, size_t capacity,
                              size_t *ret_size, int *ret_http_status, char *reason, size_t reason_size);

struct aval_options {
    size_t size;
    /* Folder with this machine's state; made at the first write. NULL: /var/lib/aval for root. For others two: a
     * product that is installed in /var/lib/aval is the whole machine's, whose activation everybody sees and root alone
     * changes (AVAL_STATE_OF_SYSTEM); any other lies in $XDG_STATE_HOME/aval or ~/.local/state/aval.
     * "memory:" is the memory of this process: one state for all its handles, nothing on the disk, and gone with the
     * process, its machine key too. For containers, whose leases are short and whose seats so come back by themselves.
     */
    const char *state_folder;
    /* Time limit for all that a call asks of hosts and name servers (aval_activate, aval_renew, aval_release), in
     * milliseconds; 0: 10,000. Each host gets its share of what is left, so that silent ones leave time for those
     * behind them; a transport is given the share in its `timeout_ms`. */
    unsigned timeout_ms;
    /* Own transport instead of the bundled one (libcurl); NULL: bundled. AVAL_USAGE where there is none in this build.
     */
    aval_transport transport;
    void *transport_context;
    /* Own clock; NULL: the system's. */
    int64_t (*now)(void *context);
    void *now_context;
    /* Own hardware list instead of the system's; NULL: system's. At most 8. */
    const struct aval_hardware *hardware;
    size_t hardware_count;
    /* Verifier keys of the vendor, as compiled into the product; at most 8. Given, only products installed with one of
     * them are believed: everything asked about another, its status too, fails with AVAL_SIGNER_UNKNOWN, which means
     * unlicensed. Every product gives its own. NULL and 0 (for tools that serve the products of all vendors): the
     * vendor key that stands in the state folder is believed. */
    const char *const *vendor_keys;
    size_t vendor_key_count;
    /* An identity that the platform vouches for, of a container or of a cloud's instance: a line of printable text of 1
     * to 255 bytes, the same at each start of what is to be one machine and another for every other. It alone says then
     * which machine this is, whatever hardware is seen beside it (in a container that of the computer below, which all
     * containers there share), as one source `hardware` of the kind "identity" does. NULL: what AVAL_MACHINE_ID says in
     * the environment when the handle is opened; where it is not set, the system's hardware. `hardware` goes before
     * AVAL_MACHINE_ID; it and `identity` together are AVAL_USAGE. */
    const char *identity;
};

/* Opens a state folder; `options` NULL: all defaults. The folder may not exist yet. Nothing of `options` is borrowed.
 * Errors: AVAL_NO_ENTROPY, AVAL_NO_MEMORY, AVAL_USAGE, AVAL_KEY_FORM (one of vendor_keys), AVAL_IDENTITY_FORM
 * (`identity`, or AVAL_MACHINE_ID; the message says which and why), AVAL_FILE_READ, AVAL_STATE_BROKEN. Yours to close.
 */
AVAL_API int aval_open(const struct aval_options *options, aval_machine **ret_machine);
/* Takes NULL. */
AVAL_API void aval_close(aval_machine *machine);
/* The last failure of this handle in one sentence with its particulars; "" where none. NULL: the same of the last
 * aval_open() of this thread, of which a failure leaves no handle. Borrowed until the next call. */
AVAL_API const char *aval_last_message(const aval_machine *machine);

/* Version of the library, such as "0.1.0". */
AVAL_API const char *aval_version(void);
/* Stable name, sentence and exit status of a code; those of AVAL_INTERNAL for a code that does not exist. */
AVAL_API const char *aval_code_name(int code);
AVAL_API const char *aval_code_sentence(int code);
AVAL_API int aval_code_exit_status(int code);

/* ---- set-up ---- */

/* Installs a product: its document, a note signed by the vendor, and the vendor's verifier key as compiled into the
 * product or given by its installer. Installing a newer issue of the same product replaces the older, and an older one
 * leaves the newer in place; what is activated stays so. A product that does not trust its state folder calls this at
 * each start, before aval_status(); where nothing is to be changed, nothing is written. Errors: AVAL_KEY_FORM, those of
 * form, AVAL_SIGNER_UNKNOWN, AVAL_SIGNATURE_WRONG, AVAL_FILE_WRITE, AVAL_LOCKED, AVAL_STATE_OF_SYSTEM. */
AVAL_API int aval_product_install(aval_machine *machine, const char *document, size_t document_size,
                                  const char *vendor_key);

/* The verifier key by which the vendor of an installed product is believed, as it was installed with it.
 * AVAL_NO_PRODUCT, AVAL_USAGE (no VENDOR/PRODUCT), AVAL_STATE_BROKEN, AVAL_FILE_READ. */
#define AVAL_VENDOR_KEY_SIZE 384
AVAL_API int aval_product_vendor_key(aval_machine *machine, const char *product,
                                     char ret_vendor_key[AVAL_VENDOR_KEY_SIZE]);

/* Installs a product key; it says which edition of which installed product is to be activated, and by which kind of
 * license, volume or counted. Where it is installed already, nothing is written; another one takes its place (of a
 * lease in force not before there is one for the new edition; status says the edition in force and, in `why`, that
 * another is waited for), so a product that brings a key installs it only where aval_status() says AVAL_NO_PRODUCT_KEY.
 * Errors: AVAL_PRODUCT_KEY_FORM, AVAL_PRODUCT_KEY_MISTYPED (the message says in which group to look),
 * AVAL_PRODUCT_KEY_OTHER, AVAL_FILE_WRITE, AVAL_LOCKED, AVAL_STATE_OF_SYSTEM. */
AVAL_API int aval_key_install(aval_machine *machine, const char *product_key);
/* Removes the key with those last five symbols, and the lease that came by it. AVAL_NOT_FOUND,
 * AVAL_STATE_OF_SYSTEM. */
AVAL_API int aval_key_remove(aval_machine *machine, const char *suffix);

/* Hosts to ask, in order: "HOST", "HOST:PORT", "[IPv6]:PORT", or "https://" and one of these; port 8216 where none is
 * given, 443 behind https://. However it is typed, each is kept in one spelling, which a transport is given too:
 * "HOST:PORT" or "https://HOST:PORT", the host in small letters, IPv6 in brackets. count 0 clears the list. A user who
 * is not root sets his own, and where he has set none sees those of the system's folder. AVAL_USAGE (the message says
 * what is no host, and why), AVAL_FILE_WRITE, AVAL_LOCKED. */
AVAL_API int aval_hosts_set(aval_machine *machine, const char *const *hosts, size_t count);
/* A host that DNS names. */
struct aval_discovered {
    size_t size;
    const char *domain; /* whose SRV record of _aval._tcp names it */
    const char *host;   /* "HOST:PORT", as it is asked */
    unsigned priority;  /* lower ones are asked first */
    unsigned weight;    /* within one priority: the more, the more often before the others */
};
/* Asks name servers for the hosts that are tried where those configured give no lease, and calls `each` with every one,
 * in the order in which they would be asked now, until it returns something else than 0. What it is given is borrowed
 * for the call. Within the options' time limit; no host is asked. The variables AVAL_DNS and AVAL_DOMAINS are those of
 * aval(1). AVAL_NO_HOST_KNOWN, AVAL_NO_HOST_HERE, AVAL_NAME_SERVERS, AVAL_NO_MEMORY, AVAL_USAGE (a variable is wrong,
 * or this build asks no name servers). */
AVAL_API int aval_hosts_discover(aval_machine *machine, int (*each)(void *context, const struct aval_discovered *host),
                                 void *context);
/* The n-th host configured, or NULL. Borrowed until the next call. */
AVAL_API const char *aval_host(aval_machine *machine, size_t n);

/* The site key: a secret that the hosts and machines of an organisation share. With it a machine shows, whenever it
 * asks or gives back, that it is the organisation's own; a host may require it, and then gives nothing without
 * (AVAL_SITE_KEY_REQUIRED, AVAL_SITE_KEY_WRONG). It identifies no machine, so an image may have it.
 *
 * `text` is the file that the host's operator made, as it is (`avald site-key new`); it takes the place of a key that
 * was set before. It is kept in the state folder's `secret/`, where its owner alone can read it: a user who is not root
 * sets his own, for the products in his own folder; where he has none, root's is used if he may read it. Errors of form
 * (AVAL_DOCUMENT_TYPE: the text is something else), AVAL_FILE_WRITE, AVAL_LOCKED, AVAL_NO_MEMORY. */
AVAL_API int aval_site_key_set(aval_machine *machine, const char *text, size_t text_size);
/* Forgets it; AVAL_OK where there is none. AVAL_FILE_WRITE, AVAL_LOCKED. */
AVAL_API int aval_site_key_remove(aval_machine *machine);
/* Whether requests for products in the caller's own folder show one: 1 or 0. AVAL_FILE_READ where this user may not
 * look, AVAL_STATE_BROKEN where what is there is none: requests show nothing then. */
AVAL_API int aval_site_key_is_set(aval_machine *machine, int *ret_set);

/* What a vendor has revoked: licenses, host keys, keys of his own. Hosts tell it with each lease, and are asked for it
 * where they deny a renewal; this is for whoever has it otherwise, as a product that brings it. `text` is the note as
 * the vendor signed it. It is kept beside each installed product whose vendor's key signed it, unless that has a newer
 * one, and ends the leases that it names, whatever any host says; *ret_products, which may be NULL, is how many
 * products it is for. A license that the vendor signs anew is taken at the next renewal. Errors of form
 * (AVAL_DOCUMENT_TYPE: the text is something else), AVAL_SIGNER_UNKNOWN (it is of no installed product's vendor),
 * AVAL_SIGNATURE_WRONG, AVAL_KEY_RANK (its signer may not revoke such a key), AVAL_NO_PRODUCT, AVAL_STATE_OF_SYSTEM,
 * AVAL_STATE_BROKEN, AVAL_FILE_READ, AVAL_FILE_WRITE, AVAL_LOCKED, AVAL_NO_MEMORY. */
AVAL_API int aval_revocations_install(aval_machine *machine, const char *text, size_t text_size, size_t *ret_products);

/* ---- what the operator may see ---- */

/* Beside each request for a lease the machine can tell the operator of its host something of itself: what it is called,
 * the version of the product, and data that the product attaches. The machine signs it; it is in no ledger, so that no
 * vendor reads it in an audit, and the operator's host forgets it 30 days after that request or the machine's lease.
 * Whether anything is told, and whether the machine's name is, is its owner's choice (aval_set_telling); no lease
 * depends on it. */

enum {
    AVAL_VERSION_SIZE = 64,
    AVAL_DATA_MAX = 8,
    AVAL_DATUM_KEY_SIZE = 32,
    AVAL_TEXT_SIZE = 130,
};

struct aval_datum {
    const char *key;   /* 1 to 31 of a-z, 0-9, '.', '-', '_', beginning and ending with a letter or digit: "gpu" */
    const char *value; /* one line of 1 to 128 bytes of UTF-8 without control characters, invisible ones among them, and
                          without space at either end */
};
/* What a product says of itself. */
struct aval_about {
    size_t size;
    const char *version; /* such as "4.2.1": a line as above of at most 63 bytes; NULL or "": none */
    const struct aval_datum *data;
    size_t data_count; /* at most AVAL_DATA_MAX; each key once */
};
/* Keeps what the product says of itself in its state folder, in the place of what it said before; every request from
 * then on carries it, also those of `aval renew`. `about` NULL: nothing. No personal data belongs here that its owner
 * has not agreed to. `product` as below. A product calls it at each start; where it is so already, nothing is written.
 * Nothing of `about` is borrowed. AVAL_USAGE (a version, key or value that is none, or too many; the message says
 * which), AVAL_NO_PRODUCT, AVAL_SIGNER_UNKNOWN, AVAL_STATE_BROKEN, AVAL_FILE_READ, AVAL_FILE_WRITE, AVAL_LOCKED,
 * AVAL_NO_MEMORY; AVAL_STATE_OF_SYSTEM where another user's words would be changed, which is no reason not to run. A
 * handle serves one thread at a time, as everywhere. */
AVAL_API int aval_set_about(aval_machine *machine, const char *product, const struct aval_about *about);

/* How much the machine tells. */
enum aval_telling {
    AVAL_TELL_NOTHING = 0,
    AVAL_TELL_PRODUCT = 1, /* what products say of themselves; where nobody chose */
    AVAL_TELL_NAME = 2     /* that, and what the machine is called */
};
/* The choice of the machine's owner, for all products; of a user who is not root, for those in his own folder, where he
 * has made none sees that of the system's. `name`, a line as above: what the machine is called; NULL or "", and only
 * then where it is not AVAL_TELL_NAME: the name that the system has at each request. A product leaves this alone. A
 * host is told with the next request, and forgets then what is not told any more. AVAL_USAGE, AVAL_FILE_WRITE,
 * AVAL_LOCKED, AVAL_NO_MEMORY. */
AVAL_API int aval_set_telling(aval_machine *machine, enum aval_telling telling, const char *name);

/* What the next request tells. */
struct aval_told {
    size_t size;
    enum aval_telling telling; /* what is allowed */
    char name[AVAL_TEXT_SIZE]; /* "" not told */
    char version[AVAL_VERSION_SIZE];
    size_t data_count;
    char keys[AVAL_DATA_MAX][AVAL_DATUM_KEY_SIZE];
    char values[AVAL_DATA_MAX][AVAL_TEXT_SIZE];
};
/* Works out what the next request for the product tells. AVAL_USAGE, AVAL_NO_PRODUCT, AVAL_SIGNER_UNKNOWN,
 * AVAL_STATE_BROKEN (then nothing is told), AVAL_FILE_READ, AVAL_NO_MEMORY. */
AVAL_API int aval_get_about(aval_machine *machine, const char *product, struct aval_told *ret_told);

/* ---- activation ---- */

enum { AVAL_ID_SIZE = 64, AVAL_HOST_SIZE = 280, AVAL_MESSAGE_SIZE = 512 };

/* What one host answered. */
struct aval_attempt {
    char host[AVAL_HOST_SIZE];
    int code; /* AVAL_OK: it gave the lease that is now in force */
    char message[AVAL_MESSAGE_SIZE];
    /* Of a denial, where they mean something; has_* say which. */
    int has_count;
    uint64_t count;
    uint64_t threshold;
    int has_seats;
    uint64_t seats;
    uint64_t held;
    /* Seconds; 0: not said. At most the license's interval while a lease is in force, else a day. */
    int64_t retry_after;
};

enum { AVAL_ATTEMPTS_MAX = 16 };
struct aval_report {
    size_t size;
    size_t attempt_count; /* all hosts that were tried, in order */
    struct aval_attempt attempts[AVAL_ATTEMPTS_MAX];
};

/* `product` in the functions below: "VENDOR/PRODUCT", or NULL where just one is installed (AVAL_USAGE where several
 * are). All of them fail with AVAL_SIGNER_UNKNOWN where the product was installed with a key that is not among the
 * options' vendor_keys. */

/* Asks the hosts in turn for a lease until one grants it and every link of its chain holds. The code is AVAL_OK or that
 * of the last host that answered; the report (may be NULL) has them all. Further errors: AVAL_NO_PRODUCT,
 * AVAL_NO_PRODUCT_KEY, AVAL_NO_HOST_KNOWN, AVAL_FILE_WRITE, AVAL_LOCKED, AVAL_STATE_OF_SYSTEM; AVAL_STATE_CHANGED where
 * the product key, the machine's identity or the lease was changed by somebody else while a host was asked, whose
 * answer then changes nothing. A lease in force stays so when this fails; it makes room only for one that does not end
 * earlier (AVAL_LEASE_ENDS_EARLIER) and is under its license or one that names the same host key. A host says first
 * which license it has: one with another is not asked (AVAL_LEASE_OTHER_HOST), and gives no seat that is not taken; the
 * next host is. Nor is one whose license or ledger is not believed. */
AVAL_API int aval_activate(aval_machine *machine, const char *product, struct aval_report *ret_report);
/* The same, made for timers: where `force` is 0, nobody is asked, and the report is empty, while the lease is not due
 * for renewal (renew_at of aval_status(): up to an eighth sooner than the license says, so that machines of one image
 * do not renew together), nor before the next try (retry_at) after a failure: AVAL_OK while a lease is in force,
 * otherwise the code of the last answer, which still stands. The next try is when the host said, or else after the
 * license's retry interval, twice that, and so on to a day (4 hours without a lease in force), sooner as the lease
 * comes near its end, and up to an eighth later by chance. Other hosts, another site key or product key end the
 * waiting. */
AVAL_API int aval_renew(aval_machine *machine, const char *product, int force, struct aval_report *ret_report);
/* Gives the seat back at the host that granted it and forgets the lease, which happens only once the host has proved
 * that this very release is in its ledger, which extends the one it showed before; no denial ends a lease. Where the
 * answer was lost, the next call sends the same release again. AVAL_NO_LEASE, AVAL_STATE_BROKEN (the machine's key is
 * gone), those of the hosts; AVAL_STATE_CHANGED where somebody else got another lease meanwhile, which then is in
 * force. */
AVAL_API int aval_release(aval_machine *machine, const char *product, struct aval_report *ret_report);

/* ---- without a network ---- */

/* For a machine that sees no network: the request is a text that somebody carries to the operator of a host, who
 * answers it with `avalctl answer` within 30 days; the machine accepts what comes back within 30 more. */

enum { AVAL_REQUEST_SIZE = 4097 };
/* Makes a request and keeps it, in the place of one that was made before: an answer to that one is accepted no more.
 * `introduction` is the file that `avalctl introduce` has written, as it is; NULL where the machine knows the host that
 * it asks, since it has a lease of it or has made a request before: otherwise AVAL_HOST_NOT_INTRODUCED. It is believed
 * for the vendor's signature and the host's, or the request is not made. ret_request: the text, with a final zero.
 * Errors of form and trust of the introduction; AVAL_LICENSE_OTHER_PRODUCT and the like where its license is not for
 * this machine; AVAL_LEASE_OTHER_HOST where a lease in force would not make room; AVAL_NO_PRODUCT, AVAL_NO_PRODUCT_KEY,
 * AVAL_FILE_READ, AVAL_FILE_WRITE, AVAL_LOCKED, AVAL_STATE_OF_SYSTEM, AVAL_STATE_CHANGED, AVAL_NO_MEMORY. A handle
 * serves one thread at a time. */
AVAL_API int aval_request_make(aval_machine *machine, const char *product, const char *introduction,
                               size_t introduction_size, char ret_request[AVAL_REQUEST_SIZE]);
/* Takes the answer to that request, as it is in the file; what mail does to text does not matter. AVAL_OK: a lease is
 * in force, as after aval_activate(), and the request is answered. Where the host denied, its code, and the request
 * stays: the operator may answer it again. AVAL_NOTHING_AWAITED, AVAL_LEASE_OTHER_REQUEST (an answer to another
 * machine, or to an earlier request), AVAL_LEASE_NOT_NOW (older than 30 days), errors of form and trust, and those of
 * aval_activate(). The report (may be NULL) has one attempt, with the name of the host, if the file was looked into. */
AVAL_API int aval_answer_accept(aval_machine *machine, const char *product, const char *text, size_t text_size,
                                struct aval_report *ret_report);

/* ---- status ---- */

enum aval_state {
    AVAL_UNLICENSED = 0,
    AVAL_GRACE = 1,         /* initial days from the first run */
    AVAL_LICENSED = 2,      /* a lease is in force */
    AVAL_EXPIRED_GRACE = 3, /* the lease has ended; thirty days more */
    AVAL_NOTIFICATION = 4   /* all grace is used up */
};

struct aval_status {
    size_t size;
    enum aval_state state;
    int code; /* why there is no lease in force: AVAL_NO_LEASE, AVAL_LEASE_EXPIRED, or the link
                 of the chain that does not hold; AVAL_OK in AVAL_LICENSED */
    char vendor[AVAL_ID_SIZE];
    char product[AVAL_ID_SIZE];
    char title[130];
    char edition[AVAL_ID_SIZE]; /* of the lease in force, or else of the product key; "" without one */
    char key_suffix[6];         /* last five symbols of the product key */
    char machine_id[33]; /* of this machine as this vendor knows it; "" before it first asked a host. Other vendors
                            know it by other ids */
    char license[AVAL_ID_SIZE]; /* "" where there is no lease */
    char customer[130];
    char activation_host[130]; /* name of the host in the license */
    int64_t state_until;       /* when this state ends by itself; 0: never */
    int64_t issued;            /* of the lease; 0: none */
    int64_t expires;
    int64_t renew_at;               /* when the next renewal is due */
    int64_t retry_at;               /* not before this after a failure; 0: at once */
    uint64_t ledger_index;          /* of the lease in the host's ledger */
    uint64_t ledger_size;           /* of the last checkpoint seen */
    char last_host[AVAL_HOST_SIZE]; /* asked last; "" never */
    int last_code;                  /* its answer */
    char last_message[AVAL_MESSAGE_SIZE];
    int64_t last_asked;
    size_t feature_count;
    char features[32][AVAL_ID_SIZE]; /* of the lease in force */
    uint64_t ledger_epoch; /* of the last checkpoint seen; above 1, the host began its ledger again, for it had
                              lost its end or had a wrong clock: then, in POSIX seconds; 0: no lease */
    char feature_values[32][AVAL_ID_SIZE]; /* of the feature at the same place; "" where it has none */
    char why[AVAL_MESSAGE_SIZE]; /* one sentence for people: why there is a lease or none, with the numbers, what to do,
                                    and when it resolves by itself; of a denial what the host said */
    int64_t license_ends; /* of the lease's license, and so of all its leases; another one may follow it. 0: no lease */
    int test;             /* the lease's license is for trying out, not for work */
    int counted;     /* the lease's license is a counted one: the lease lasts to its end, and the seat is this machine's
                        until it gives it back; a renewal that fails costs nothing */
    int key_counted; /* the product key asks for counted licenses, and for no others */
};

/* The state of a product, worked out afresh from the signed files in the folder; asks no host and writes nothing but
 * the moment of the first run, and that only where this user may write. Where it fails, the product is unlicensed.
 * AVAL_SIGNER_UNKNOWN, AVAL_NO_PRODUCT, AVAL_USAGE, AVAL_STATE_BROKEN (the product's own files), AVAL_FILE_READ. */
AVAL_API int aval_status(aval_machine *machine, const char *product, struct aval_status *ret_status);
/* The value of a feature of the lease in force, such as "4k"; "" where it is granted without one, NULL where it is not
 * granted. Borrowed from the status, which must be as large as it is here. */
AVAL_API const char *aval_feature(const struct aval_status *status, const char *feature);
/* Calls `each` with "VENDOR/PRODUCT" for every installed product, in order and those of the system's folder first,
 * until it returns something else than 0. AVAL_FILE_READ. */
AVAL_API int aval_products(aval_machine *machine, int (*each)(void *context, const char *product), void *context);
/* The word for a state: "licensed". */
AVAL_API const char *aval_state_name(enum aval_state state);

/* ---- who this machine is ---- */

/* Something by which this machine could be told from others. */
struct aval_source {
    size_t size;
    const char *kind;  /* "board", "disk", "net", "os", "uuid"; "identity": handed in; or as in aval_options.hardware */
    const char *place; /* where it was seen: a file, or the name of a device; "": handed in */
    const char *value; /* as it was read, in small letters; "" where it could not be. A serial number: not for a log */
    const char *use;   /* "used", or why it counts for nothing: "unreadable", "empty", "repeats", "plugged", "shared",
                          "virtual", "assigned", "surplus", "displaced" */
    const char *why;   /* the same in a sentence */
};
/* Looks, and calls `each` with every one until it returns something else than 0. What it is given is borrowed for the
 * call. No error is left. */
AVAL_API int aval_sources(aval_machine *machine, int (*each)(void *context, const struct aval_source *source),
                          void *context);

/* What this machine is to one vendor. */
struct aval_identity {
    size_t size;
    const char *vendor;
    const char *machine_id; /* by which this vendor, and hosts, know it */
    const char *folder;     /* in which it is kept */
    int64_t created;
    unsigned described; /* kinds of sources by which it was described when it was last activated, and which this user
                           can look at */
    unsigned equal;     /* of so many of these one source is as it was */
    unsigned
        least;   /* so many must be; with fewer it is another machine, which makes a key of its own when it activates */
    int is_this; /* 1: it is this machine; 0: another that uses the folder too, or what this one was */
};
/* Calls `each` with that of every vendor, those of the system's folder first, until it returns something else than 0.
 * What it is given is borrowed for the call. AVAL_STATE_BROKEN, after all others, where one has lost its form;
 * AVAL_FILE_READ. */
AVAL_API int aval_identities(aval_machine *machine, int (*each)(void *context, const struct aval_identity *identity),
                             void *context);

/* ---- evidence ---- */

/* Where the ledger of a host was not shown to extend the one that it showed before, the host is refused
 * (AVAL_CONSISTENCY_WRONG) and both signed checkpoints are kept, in the folder where the product lies: at most 32 times
 * where the two prove something to everybody ("two-trees"), and 32 times otherwise; none is ever replaced. */
struct aval_evidence {
    size_t size;
    unsigned number;     /* of its folder, evidence/NUMBER in the state folder; a new one is chosen so that no other of
                            those that this user sees has it */
    int64_t time;        /* when it was shown, by this machine's clock */
    const char *asked;   /* the host that was asked, "HOST:PORT" */
    const char *ledger;  /* "HOST/VENDOR", the name of the key that signed both */
    const char *finding; /* "two-trees", "earlier-epoch", "smaller", "no-proof", "wrong-proof" */
    const char *meaning; /* one sentence: what the two signatures prove to others, and what they do not */
    uint64_t kept_size;  /* entries of the ledger seen before */
    uint64_t shown_size;
    const char *text; /* all of it, for the vendor, who reads it with `aval-vendor inspect` */
    size_t text_size;
};
/* How many pieces of evidence are kept. AVAL_STATE_BROKEN where one cannot be read, AVAL_FILE_READ. */
AVAL_API int aval_evidence_count(aval_machine *machine, size_t *ret_count);
/* Calls `each` with every piece, those of the system's folder first and ascending by number, until it returns something
 * else than 0. What it is given is borrowed for the call. AVAL_STATE_BROKEN, after all others, where one cannot be read
 * or its signatures do not hold; AVAL_FILE_READ. */
AVAL_API int aval_evidence_each(aval_machine *machine, int (*each)(void *context, const struct aval_evidence *evidence),
                                void *context);

#ifdef __cplusplus
}
#endif

#endif
