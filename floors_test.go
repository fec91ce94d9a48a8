package facegate_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/facegate/facegate"

// listed is what go list tells of a package, without its tests.
type listed struct {
	ImportPath string
	Imports    []string // what it imports
	Deps       []string // what it reaches
}

// place is a package's path inside the module: "" for the root, "outside" for
// what is not ours.
func place(importPath string) string {
	if importPath == module {
		return ""
	}
	if inside, ours := strings.CutPrefix(importPath, module+"/"); ours {
		return inside
	}
	return "outside"
}

// under reports whether a place is a folder or below it.
func under(place, folder string) bool {
	return place == folder || strings.HasPrefix(place, folder+"/")
}

// vendorOf names the vendor whose package a place is in, if any. Whatever lies
// beside the kit's own folders is a vendor, so that a new one is covered.
func vendorOf(place string) string {
	rest, ok := strings.CutPrefix(place, "handlers/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	switch name {
	case "internal", "sandbox", "handlerstest":
		return ""
	}
	return name
}

// kit reports whether a place belongs to the vendor-neutral kit.
func kit(place string) bool {
	return place == "handlers" || under(place, "handlers/internal")
}

// testHelper reports whether a package exists to be used by tests.
func testHelper(place string) bool {
	return under(place, "store/storetest") || under(place, "handlers/handlerstest") || under(place, "store/internal/testserver")
}

// testOnly reports whether an import path belongs into tests.
func testOnly(importPath string) bool {
	return importPath == "testing" || strings.HasPrefix(importPath, "testing/") ||
		strings.HasPrefix(importPath, "github.com/stretchr/testify")
}

// floor is one rule about who may import whom. Forbids is asked for everything
// that the package at a place reaches, or only what it imports itself.
type floor struct {
	rule    string
	direct  bool
	forbids func(from, importPath string) bool
}

func floors() []floor {
	return []floor{
		{"the root package is documentation and imports nothing", true, func(from, _ string) bool {
			return from == ""
		}},
		{"middleware imports nothing of ours", false, func(from, path string) bool {
			return under(from, "middleware") && place(path) != "outside" && !under(place(path), "middleware")
		}},
		{"the sandbox imports nothing of ours", false, func(from, path string) bool {
			return under(from, "handlers/sandbox") && place(path) != "outside" && !under(place(path), "handlers/sandbox")
		}},
		{"store imports nothing of ours", false, func(from, path string) bool {
			return from == "store" && place(path) != "outside"
		}},
		{"the packages below store import store alone", false, func(from, path string) bool {
			return under(from, "store") && place(path) != "outside" && !under(place(path), "store")
		}},
		{"the kit never imports a vendor", false, func(from, path string) bool {
			return kit(from) && vendorOf(place(path)) != ""
		}},
		{"vendors never import each other", false, func(from, path string) bool {
			a, b := vendorOf(from), vendorOf(place(path))
			return a != "" && b != "" && a != b
		}},
		{"the sandbox is for tests and examples", false, func(from, path string) bool {
			user := under(from, "example") || under(from, "handlers/sandbox") || testHelper(from)
			return !user && under(place(path), "handlers/sandbox")
		}},
		{"nothing imports the example but itself", false, func(from, path string) bool {
			return !under(from, "example") && under(place(path), "example")
		}},
		{"testing and testify never reach a package that is not for tests", false, func(from, path string) bool {
			return !testHelper(from) && testOnly(path)
		}},
		{"encoding/json is for tests", true, func(_, path string) bool {
			return path == "encoding/json"
		}},
	}
}

// brokenFloors names every rule that a package breaks, and by which import.
func brokenFloors(packages []listed) []string {
	var broken []string
	for _, p := range packages {
		for _, f := range floors() {
			reached := p.Deps
			if f.direct {
				reached = p.Imports
			}
			for _, path := range reached {
				if f.forbids(place(p.ImportPath), path) {
					broken = append(broken, fmt.Sprintf("%s: %s reaches %s", f.rule, p.ImportPath, path))
				}
			}
		}
	}
	return broken
}

// packagesIn lists the packages of the module in a folder.
func packagesIn(t *testing.T, folder string) (packages []listed) {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Deps", "./...")
	list.Dir, list.Stderr = folder, os.Stderr
	out, err := list.Output()
	require.NoError(t, err)
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			require.NoError(t, err)
		}
		packages = append(packages, p)
	}
}

func TestFloorsWhoMayImportWhom(t *testing.T) {
	t.Parallel()
	var packages []listed
	for _, folder := range moduleFolders(t) {
		packages = append(packages, packagesIn(t, folder)...)
	}
	var places []string
	for _, p := range packages {
		places = append(places, place(p.ImportPath))
	}
	require.Subset(t, places, []string{"", "middleware", "handlers", "store", "example"}, "go list saw the modules")
	assert.Empty(t, brokenFloors(packages))
}

func TestFloorsNoticeABadImport(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule     string // "" when the import is fine
		from, to string
	}{
		{"the root package is documentation and imports nothing", "", "handlers"},
		{"middleware imports nothing of ours", "middleware", "store"},
		{"middleware imports nothing of ours", "middleware/sub", "handlers"},
		{"the sandbox imports nothing of ours", "handlers/sandbox", "handlers/internal/idcard"},
		{"the sandbox imports nothing of ours", "handlers/sandbox", ""},
		{"store imports nothing of ours", "store", "store/sqlstore"},
		{"the packages below store import store alone", "store/redisstore", "handlers"},
		{"the kit never imports a vendor", "handlers", "handlers/megvii"},
		{"the kit never imports a vendor", "handlers/internal/check", "handlers/newcomer"},
		{"vendors never import each other", "handlers/megvii", "handlers/baidu"},
		{"vendors never import each other", "handlers/baidu", "handlers/megvii/wire"},
		{"the sandbox is for tests and examples", "handlers/megvii", "handlers/sandbox"},
		{"the sandbox is for tests and examples", "store/redisstore", "handlers/sandbox"},
		{"nothing imports the example but itself", "handlers", "example"},
		{"nothing imports the example but itself", "store/fleettest", "example"},
		{"testing and testify never reach a package that is not for tests", "handlers", "testing"},
		{"testing and testify never reach a package that is not for tests", "store", "testing/fstest"},
		{"testing and testify never reach a package that is not for tests", "example", "github.com/stretchr/testify/assert"},
		{"encoding/json is for tests", "handlers/megvii", "encoding/json"},

		{"", "handlers", "handlers/internal/check"},
		{"", "handlers", "middleware"},
		{"", "handlers/megvii", "handlers"},
		{"", "handlers/megvii", "handlers/megvii/wire"},
		{"", "handlers/handlerstest", "handlers/sandbox"},
		{"", "handlers/handlerstest", "testing"},
		{"", "store/storetest", "store"},
		{"", "store/storetest", "github.com/stretchr/testify/require"},
		{"", "example", "handlers/baidu"},
		{"", "example", "handlers/sandbox"},
		{"", "handlers", "github.com/justinas/alice"},
	} {
		t.Run(c.from+" to "+c.to, func(t *testing.T) {
			t.Parallel()
			to := c.to
			if !strings.Contains(to, ".") && !testOnly(to) && to != "encoding/json" {
				to = path.Join(module, to)
			}
			broken := brokenFloors([]listed{{path.Join(module, c.from), []string{to}, []string{to}}})
			if c.rule == "" {
				assert.Empty(t, broken)
				return
			}
			assert.Contains(t, broken, fmt.Sprintf("%s: %s reaches %s", c.rule, path.Join(module, c.from), to))
		})
	}
}

// forbiddenNames are the functions, by import path, that no shipped code may
// mention, each with the reason.
func forbiddenNames(importPath, name string) string {
	switch importPath + "." + name {
	case "encoding/json.NewDecoder", "encoding/json/jsontext.NewDecoder",
		"github.com/go-json-experiment/json/jsontext.NewDecoder":
		return "a JSON stream leaves trailing bytes unread, which hides a forgery by length extension"
	case "net/http.DefaultClient", "net/http.Get", "net/http.Head", "net/http.Post", "net/http.PostForm":
		return "the default client follows redirects with the secret and has no timeout"
	}
	return ""
}

// brokenSource names every rule that a Go file breaks.
func brokenSource(name string, source any) ([]string, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(name, "_test.go") {
		return brokenTest(files, file), nil
	}
	return brokenProduct(files, file), nil
}

func brokenProduct(files *token.FileSet, file *ast.File) []string {
	var broken []string
	report := func(n ast.Node, format string, args ...any) {
		broken = append(broken, files.Position(n.Pos()).String()+": "+fmt.Sprintf(format, args...))
	}
	imported := map[string]string{} // path by the file's own name for it
	for _, spec := range file.Imports {
		importPath, _ := strconv.Unquote(spec.Path.Value)
		local := path.Base(importPath)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		if local == "." {
			report(spec, "a dot import hides where names come from")
		}
		imported[local] = importPath
	}
	ast.Inspect(file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if name := selector.Sel.Name; name == "FormValue" || name == "PostFormValue" {
			report(n, "%s swallows errors and may read the query", name)
		}
		if x, ok := selector.X.(*ast.Ident); ok {
			if why := forbiddenNames(imported[x.Name], selector.Sel.Name); why != "" {
				report(n, "%s.%s: %s", x.Name, selector.Sel.Name, why)
			}
		}
		return true
	})
	return broken
}

// brokenTest finds tests that may be skipped without a look at CI, where
// nothing may be. A fuzz target may skip an input.
func brokenTest(files *token.FileSet, file *ast.File) []string {
	var broken []string
	for _, declared := range file.Decls {
		function, ok := declared.(*ast.FuncDecl)
		if !ok || strings.HasPrefix(function.Name.Name, "Fuzz") {
			continue
		}
		var skip ast.Node
		looksAtCI := false
		ast.Inspect(function, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if name := n.Sel.Name; name == "Skip" || name == "Skipf" || name == "SkipNow" {
					skip = n
				}
			case *ast.BasicLit:
				looksAtCI = looksAtCI || n.Value == `"CI"`
			}
			return true
		})
		if skip != nil && !looksAtCI {
			broken = append(broken, files.Position(skip.Pos()).String()+": skips without asking whether CI is true, where it must fail")
		}
	}
	return broken
}

func TestCase42NoShippedFileReadsJSONAsAStreamOrUsesAnotherForbiddenName(t *testing.T) {
	t.Parallel()
	seen := 0
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || name != "." && strings.HasPrefix(entry.Name(), ".")):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(name) != ".go":
			return nil
		}
		seen++
		broken, err := brokenSource(name, nil)
		assert.Empty(t, broken)
		return err
	})
	require.NoError(t, err)
	assert.Greater(t, seen, 10, "the walk saw the tree")
}

func TestCase42TheCheckSeesThroughNames(t *testing.T) {
	t.Parallel()
	product := func(imports, body string) string {
		return "package p\nimport " + imports + "\nfunc f() { " + body + " }\n"
	}
	for _, c := range []struct {
		name, file, source string
		broken             int
	}{
		{"case 42: a decoder of encoding/json", "a.go", product(`"encoding/json"`, `json.NewDecoder(nil)`), 1},
		{"case 42: under another name", "a.go", product(`j "encoding/json"`, `j.NewDecoder(nil)`), 1},
		{"case 42: as a value", "a.go", product(`"encoding/json"`, `_ = json.NewDecoder`), 1},
		{"case 42: a token stream", "a.go", product(`"github.com/go-json-experiment/json/jsontext"`, `jsontext.NewDecoder(nil)`), 1},
		{"case 42: a token stream of the standard library", "a.go", product(`"encoding/json/jsontext"`, `jsontext.NewDecoder(nil)`), 1},
		{"case 42: behind a dot import", "a.go", product(`. "encoding/json"`, `NewDecoder(nil)`), 1},
		{"FormValue of any request", "a.go", product(`"net/http"`, `var r *http.Request; r.FormValue("data")`), 1},
		{"PostFormValue", "a.go", product(`"net/http"`, `var r *http.Request; r.PostFormValue("data")`), 1},
		{"the default client", "a.go", product(`"net/http"`, `http.DefaultClient.Do(nil)`), 1},
		{"a shortcut to it", "a.go", product(`web "net/http"`, `web.PostForm("", nil)`), 1},
		{"a test that skips where CI must fail", "a_test.go", product(`"testing"`, `var t *testing.T; t.Skip("no browser")`), 1},

		{"a whole document is fine", "a.go", product(`"github.com/go-json-experiment/json"`, `json.Unmarshal(nil, nil)`), 0},
		{"a decoder of something else is fine", "a.go", product(`"encoding/base64"`, `base64.NewDecoder(nil, nil)`), 0},
		{"the field PostForm is fine", "a.go", product(`"net/http"`, `var r *http.Request; _ = r.PostForm`), 0},
		{"a client's own Get is fine", "a.go", product(`"net/http"`, `var c http.Client; c.Get("")`), 0},
		{"the word in a text or comment is fine", "a.go", product(`"fmt"`, `fmt.Print("json.NewDecoder") /* http.DefaultClient */`), 0},
		{"a test may stream", "a_test.go", product(`"encoding/json"`, `json.NewDecoder(nil)`), 0},
		{"a test that asks for CI first may skip", "a_test.go", product(`("os"; "testing")`, `var t *testing.T; if os.Getenv("CI") == "true" { t.Fatal() }; t.Skip()`), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			broken, err := brokenSource(c.file, c.source)
			require.NoError(t, err)
			assert.Len(t, broken, c.broken)
		})
	}
}
