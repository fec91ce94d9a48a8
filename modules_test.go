package facegate_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// moduleFolders are the folders of all modules in the tree, the root's first.
func moduleFolders(t *testing.T) (folders []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || name != "." && strings.HasPrefix(entry.Name(), ".")):
			return filepath.SkipDir
		case entry.Name() == "go.mod":
			folders = append(folders, filepath.ToSlash(filepath.Dir(name)))
		}
		return nil
	}))
	slices.Sort(folders)
	require.Contains(t, folders, ".", "the walk saw the root")
	require.Contains(t, folders, "example", "the walk saw the nested modules")
	return folders
}

// goCommand runs the go command in a folder and decodes what it prints.
func goCommand(t *testing.T, folder string, printed any, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", args...)
	command.Dir, command.Stderr = folder, os.Stderr
	out, err := command.Output()
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(out, printed))
}

// unwanted says why the module that users get must not require another one.
func unwanted(modulePath string) string {
	for _, ban := range []struct{ why, names string }{
		{"the app brings its own SQL driver", "pgx pq mysql sqlite go-sqlite3 sqlx gorm"},
		{"the kit is plain net/http", "chi gin echo fiber mux fasthttp"},
		{"browsers are for tests", "chromedp cdproto rod"},
	} {
		for part := range strings.SplitSeq(modulePath, "/") {
			if slices.Contains(strings.Fields(ban.names), part) {
				return ban.why
			}
		}
	}
	return ""
}

func TestTheCoreModuleRequiresNoDriverAndNoFramework(t *testing.T) {
	t.Parallel()
	var core struct{ Require []struct{ Path string } }
	goCommand(t, ".", &core, "mod", "edit", "-json")
	require.NotEmpty(t, core.Require)
	for _, required := range core.Require {
		assert.Empty(t, unwanted(required.Path), required.Path)
	}
}

func TestTheCheckOfRequirementsSeesDrivers(t *testing.T) {
	t.Parallel()
	for modulePath, bad := range map[string]bool{
		"github.com/jackc/pgx/v5": true, "github.com/lib/pq": true, "github.com/go-sql-driver/mysql": true,
		"modernc.org/sqlite": true, "github.com/mattn/go-sqlite3": true, "gorm.io/gorm": true,
		"github.com/go-chi/chi/v5": true, "github.com/gin-gonic/gin": true, "github.com/labstack/echo/v5": true,
		"github.com/gofiber/fiber/v3": true, "github.com/chromedp/chromedp": true,
		"github.com/redis/go-redis/v9": false, "github.com/justinas/alice": false, "golang.org/x/sync": false,
	} {
		assert.Equal(t, bad, unwanted(modulePath) != "", modulePath)
	}
}

func TestTheWorkspaceJoinsEveryModule(t *testing.T) {
	t.Parallel()
	var workspace struct{ Use []struct{ DiskPath string } }
	goCommand(t, ".", &workspace, "work", "edit", "-json", "go.work")
	var joined []string
	for _, use := range workspace.Use {
		joined = append(joined, filepath.ToSlash(filepath.Clean(use.DiskPath)))
	}
	assert.ElementsMatch(t, moduleFolders(t), joined)
}
