/* Files of the vendor's secret keys, as the commands make and open them. For one thread. */
#ifndef PROGRAMS_AVAL_VENDOR_KEYS_KEY_FILE_H
#define PROGRAMS_AVAL_VENDOR_KEYS_KEY_FILE_H

#include "command.h"

/* The text of a key's file, sealed with the passphrase, or plain where that is NULL. In secret memory; yours by
 * secret_free(). NO_MEMORY. */
RESULT key_file_make(const struct signing_key *key, const char *passphrase, char **ret_text);
/* The key in that file, and the passphrase that opened it (NULL: it is plain), which is asked for or read from
 * --passphrase-file. Both yours, by signing_key_free() and secret_free(). Errors of files; SECRET_KEY_LOCKED, KEY_FORM.
 */
RESULT key_file_open(struct command *command, const char *path, struct signing_key **ret_key, char **ret_passphrase);
/* A new key of the vendor. Yours. */
RESULT key_new(const char *vendor, struct signing_key **ret_key);

/* Where the secret half of a new spare goes: --spare, or else spare-KEYID.key in the desk's folder. FILE_EXISTS. */
RESULT spare_path(struct command *command, const struct verifier_key *spare, char ret_path[static PATH_SIZE]);
/* Writes it, and says in the desk which key is the spare. */
RESULT spare_write(struct command *command, const char *path, const struct signing_key *spare, const char *passphrase);
/* That it is to be put away, and what for. */
void spare_say(const char *path);

#endif
