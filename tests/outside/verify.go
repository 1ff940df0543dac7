// Verify checks what an activation host publishes and answers with the packages of Go's checksum database,
// golang.org/x/mod/sumdb/note and golang.org/x/mod/sumdb/tlog, which know nothing of Aval. They do every check of a
// signature, a hash or a proof. What stands here only fetches, splits text, and calls them.
//
//	verify ledger KEY URL              checkpoint, entries, and every tile of every width that was ever published; in
//	                                   each entry what its machine signed, and what that machine had seen
//	verify extends KEY URL CHECKPOINT  that the ledger served now extends that of the file
//	verify proofs KEY URL FOLDER       each NAME.answer and NAME.tlog-proof there, with what the machine signed;
//	                                   NAME.seen beside an answer is the checkpoint that it had seen
//	verify leaf KEY FILE               what the machine signed in a leaf without its proof
//
// KEY is the host's verifier key itself, URL the address of a ledger: http://HOST:PORT/ledger/VENDOR. Exit status: 0 if
// all holds, 1 if something does not, 2 for a wrong command line.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A verifier knows whose signatures count and where the ledger is.
type verifier struct {
	key   note.Verifier
	text  string // of the key
	pages *pages
}

func main() {
	commands := map[string]struct {
		arguments int
		run       func(v *verifier, arguments []string) error
	}{
		"ledger":  {0, (*verifier).ledger},
		"extends": {1, (*verifier).extends},
		"proofs":  {1, (*verifier).proofs},
		"leaf":    {0, (*verifier).leaf}, // in place of an address
	}
	if len(os.Args) < 4 || len(os.Args) != 4+commands[os.Args[1]].arguments || commands[os.Args[1]].run == nil {
		fmt.Fprintln(os.Stderr, "usage: verify ledger KEY URL | extends KEY URL CHECKPOINT | proofs KEY URL FOLDER | leaf KEY FILE")
		os.Exit(2)
	}
	key, err := note.NewVerifier(os.Args[2])
	if err == nil {
		err = commands[os.Args[1]].run(&verifier{key, os.Args[2], newPages(os.Args[3])}, os.Args[4:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "verify:", err)
		os.Exit(1)
	}
}

// published is the tree of the checkpoint that is served now.
func (v *verifier) published() (tlog.Tree, error) {
	text, err := v.pages.get("checkpoint")
	if err != nil {
		return tlog.Tree{}, err
	}
	tree, err := openCheckpoint(text, v.key)
	if err == nil && tree.N == 0 {
		err = errors.New("the ledger is empty: there is nothing to verify")
	}
	return tree, err
}

// served reads hashes of that tree from the tiles that the host serves. Before its version 0.40.0 tlog left some of them
// unverified (CVE-2026-56865), and Debian 12 has 0.7.0; so nothing that comes from here is believed but with a check by
// CheckTree, CheckRecord or TreeHash.
func (v *verifier) served(tree tlog.Tree) tlog.HashReader {
	return tlog.TileHashReader(tree, v.pages)
}

func (v *verifier) ledger([]string) error {
	tree, err := v.published()
	if err != nil {
		return err
	}
	entries, err := v.pages.entries(tree.N)
	if err != nil {
		return err
	}
	stored, err := storedHashes(entries)
	if err != nil {
		return err
	}
	root, err := tlog.TreeHash(tree.N, stored)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return fmt.Errorf("the entries have the root %v, and %v was signed", root, tree.Hash)
	}
	// From here on the entries, and all that was made of them, are what the host signed.
	count, err := v.checkTiles(tree.N, stored)
	if err != nil {
		return err
	}
	if err := checkLeaves(entries, v.served(tree)); err != nil {
		return err
	}
	for n, entry := range entries {
		seen, err := openLeaf(entry, v.key, v.text)
		if err == nil {
			err = checkTestimony(seen, int64(n), v.key.Name(), stored)
		}
		if err != nil {
			return fmt.Errorf("entry %d: %w", n, err)
		}
	}
	fmt.Printf("%d entries and %d tiles of %s\n", tree.N, count, v.key.Name())
	return nil
}

// storedHashes builds the whole tree from the entries alone.
func storedHashes(entries [][]byte) (tlog.HashReader, error) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(places []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(places))
		for i, place := range places {
			hashes[i] = stored[place]
		}
		return hashes, nil
	})
	for i, entry := range entries {
		hashes, err := tlog.StoredHashes(int64(i), entry, reader)
		if err != nil {
			return nil, err
		}
		stored = append(stored, hashes...)
	}
	return reader, nil
}

// checkTiles compares each tile that there was to publish while the tree grew, one leaf after the other, with what tlog
// makes of the hashes. Returns how many there are.
func (v *verifier) checkTiles(size int64, stored tlog.HashReader) (int, error) {
	checked := map[tlog.Tile]bool{}
	for n := int64(0); n < size; n++ {
		for _, tile := range tlog.NewTiles(tileHeight, n, n+1) {
			if checked[tile] {
				continue
			}
			checked[tile] = true
			expected, err := tlog.ReadTileData(tile, stored)
			if err != nil {
				return 0, err
			}
			page, err := v.pages.get(pagePath(tile))
			if err != nil {
				return 0, err
			}
			if !bytes.Equal(page, expected) {
				return 0, fmt.Errorf("%s is not what follows from the entries", pagePath(tile))
			}
		}
	}
	return len(checked), nil
}

// checkLeaves compares the entries with the leaves that a reader of the tiles finds.
func checkLeaves(entries [][]byte, tree tlog.HashReader) error {
	places := make([]int64, len(entries))
	for i := range entries {
		places[i] = tlog.StoredHashIndex(0, int64(i))
	}
	leaves, err := tree.ReadHashes(places)
	if err != nil {
		return err
	}
	for i, entry := range entries {
		if tlog.RecordHash(entry) != leaves[i] {
			return fmt.Errorf("entry %d is not the leaf at its place", i)
		}
	}
	return nil
}

func (v *verifier) leaf([]string) error {
	text, err := os.ReadFile(os.Args[3])
	if err != nil {
		return err
	}
	seen, err := openLeaf(text, v.key, v.text)
	if err != nil {
		return err
	}
	if seen == nil {
		return errors.New("the beginning of an epoch: nothing that a machine signed")
	}
	fmt.Printf("signed by its machine, which had seen %d entries\n", seen.tree.N)
	return nil
}

func (v *verifier) extends(arguments []string) error {
	text, err := os.ReadFile(arguments[0])
	if err != nil {
		return err
	}
	old, err := openCheckpoint(text, v.key)
	if err != nil {
		return err
	}
	tree, err := v.published()
	if err != nil {
		return err
	}
	path, err := tlog.ProveTree(tree.N, old.N, v.served(tree))
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(path, tree.N, tree.Hash, old.N, old.Hash); err != nil {
		return err
	}
	fmt.Printf("%d extends %d\n", tree.N, old.N)
	return nil
}

func (v *verifier) proofs(arguments []string) error {
	files, err := os.ReadDir(arguments[0])
	if err != nil {
		return err
	}
	verified, refused := 0, 0
	for _, file := range files {
		kind := filepath.Ext(file.Name())
		if kind != ".answer" && kind != ".tlog-proof" {
			continue
		}
		said, err := v.proofFile(filepath.Join(arguments[0], file.Name()))
		if err != nil {
			refused++
			fmt.Printf("%s refused: %v\n", file.Name(), err)
			continue
		}
		verified++
		fmt.Printf("%s holds: %s\n", file.Name(), said)
	}
	if refused > 0 || verified == 0 {
		return fmt.Errorf("%d hold, %d refused", verified, refused)
	}
	return nil
}

// proofFile verifies one file; returns what it proves, in words.
func (v *verifier) proofFile(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	parse := parseProof
	if filepath.Ext(path) == ".answer" {
		parse = parseAnswer
	}
	proof, err := parse(string(text))
	if err != nil {
		return "", err
	}
	tree, err := openCheckpoint(proof.checkpoint, v.key)
	if err != nil {
		return "", err
	}
	if err := v.checkRecord(proof, tree); err != nil {
		return "", err
	}
	testified, err := openLeaf(proof.leaf, v.key, v.text)
	if err != nil {
		return "", err
	}
	said := fmt.Sprintf("leaf %d of %d", proof.index, tree.N)
	seen, err := os.ReadFile(strings.TrimSuffix(path, filepath.Ext(path)) + ".seen")
	if errors.Is(err, os.ErrNotExist) {
		if len(proof.consistency) > 0 {
			return "", errors.New("a consistency proof with no tree that it is for")
		}
		return said, nil
	}
	if err != nil {
		return "", err
	}
	old, err := openCheckpoint(seen, v.key)
	if err != nil {
		return "", err
	}
	if err := v.checkTree(proof, tree, old); err != nil {
		return "", err
	}
	if testified == nil || testified.tree != old {
		return "", errors.New("seen: the machine has signed another tree")
	}
	return fmt.Sprintf("%s, extends %d", said, old.N), nil
}

// checkRecord checks that the leaf is in the tree, and that the host's tiles prove it with the same hashes.
func (v *verifier) checkRecord(proof *proof, tree tlog.Tree) error {
	if err := tlog.CheckRecord(proof.path, tree.N, tree.Hash, proof.index, tlog.RecordHash(proof.leaf)); err != nil {
		return fmt.Errorf("inclusion: %w", err)
	}
	path, err := tlog.ProveRecord(tree.N, proof.index, v.served(tree))
	if err != nil {
		return fmt.Errorf("inclusion: %w", err)
	}
	if !equal(path, proof.path) {
		return errors.New("inclusion: the tiles give another proof")
	}
	return nil
}

// checkTree checks that the tree extends the old one, and that the host's tiles prove it with the same hashes.
func (v *verifier) checkTree(proof *proof, tree, old tlog.Tree) error {
	if err := tlog.CheckTree(proof.consistency, tree.N, tree.Hash, old.N, old.Hash); err != nil {
		return fmt.Errorf("consistency: %w", err)
	}
	path, err := tlog.ProveTree(tree.N, old.N, v.served(tree))
	if err != nil {
		return fmt.Errorf("consistency: %w", err)
	}
	if !equal(path, proof.consistency) {
		return errors.New("consistency: the tiles give another proof")
	}
	return nil
}

func equal(a, b []tlog.Hash) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
