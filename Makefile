# Scanloom: a graph of files. Each stage has two: STAGE.checked (when it last ran) and STAGE.json (the
# digests of what it wrote, touched only when they changed). Later stages wait for the second.

CONFIG ?= configs/demo.yaml
PYTHON ?= python3
ifneq ($(origin GEN),command line)
override GEN := # a word of the environment chooses no generation: prune removes one
endif
ifeq ($(strip $(CONFIG)),)
$(error CONFIG is empty: name the YAML of an analysis, as CONFIG=configs/NAME.yaml)
endif
ifneq ($(words $(CONFIG)),1)
$(error CONFIG='$(CONFIG)' has a space: rename the file, its name becomes a folder in data/ and reports/)
endif
# A word that no target takes would change nothing without saying so: GENERATION=2 in place of GEN=2.
ARGUMENTS := CONFIG PYTHON GPU DASK ONNX REDRAW ACCEPT_DRIFT GEN APPROVER OVERRIDE REASON NEW OUT PATHS SEG SHADOW TABLE TRUTH \
    PATIENT CASE SCORE POSITIVE MODELS FOLD OF MODEL LAYOUT WHAT ID PORT REVIEWER SEEN WITHDRAW ONLY SEED COUNT
STRANGE := $(filter-out $(ARGUMENTS),$(foreach v,$(.VARIABLES),$(if $(findstring command line,$(origin $v)),$v)))
ifneq ($(STRANGE),)
$(error No target takes $(STRANGE)=: the command make alone lists the words of each. What is meant for the environment stands before make, as $(firstword $(STRANGE))=... make)
endif

NAME := $(basename $(notdir $(CONFIG)))
DATA := data/$(NAME)
S := $(DATA)/stages
C := $(DATA)/config
CANDIDATE := reports/$(NAME)/candidate
CHAMPION := $(wildcard reports/$(NAME)/champion.json)
SCANLOOM := .venv/bin/scanloom
READY := .venv/$(if $(GPU),gpu,cpu).ready
LOCK := requirements$(if $(GPU),-gpu).lock
PYTHONS := ((3, 11), (3, 12), (3, 13))
CHOOSE := Name another: make setup PYTHON=python3.12
SETUP := $(if $(wildcard .venv/gpu.ready),.venv/gpu.ready,$(READY))

# The option --NAME of an argument that was given: $(call given,ARGUMENT=name)
given = $(if $($(firstword $(subst =, ,$1))),--$(lastword $(subst =, ,$1)) '$(subst ','\'',$($(firstword $(subst =, ,$1))))')

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: FORCE
FORCE:

# What make doesn't know: the nearest target, by the words of this file.
.DEFAULT:
	@$(PYTHON) -c 'import difflib, re, sys; known = re.findall("(?m)^## ([a-z0-9-]+)", open("Makefile").read()); near = difflib.get_close_matches(sys.argv[1], known, 1); sys.exit("There is no target or file %r%s. The command make alone lists the targets." % (sys.argv[1], " (did you mean %r?)" % near[0] if near else ""))' '$(subst ','\'',$@)'

## help: list the targets; most take CONFIG=configs/NAME.yaml (default: configs/demo.yaml)
.PHONY: help
help:
	@awk 'sub(/^## /, "") { i = index($$0, ": "); printf "  %-39s %s\n", substr($$0, 1, i - 1), substr($$0, i + 2) }' Makefile

## setup [GPU=1] [DASK=1] [ONNX=1]: make .venv from the lock (CUDA build; with clusters and URLs; with ONNX)
.PHONY: setup
setup: $(READY) $(if $(DASK),.venv/dask.ready) $(if $(ONNX),.venv/onnx.ready)

$(READY): $(LOCK)
	@command -v $(PYTHON) > /dev/null || { echo "There is no $(PYTHON) here. $(CHOOSE)" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.version_info[:2] in $(PYTHONS) or sys.exit("Scanloom needs Python 3.11, 3.12 or 3.13; $(PYTHON) is %d.%d. $(CHOOSE)" % sys.version_info[:2])'
	@$(PYTHON) -c 'import ensurepip' 2> /dev/null || { echo "$(PYTHON) can't make environments: its modules venv and ensurepip are missing. On Debian and Ubuntu they come with \`sudo apt install python3-venv\`; then run the same command again." >&2; exit 2; }
	@echo "Installing $(LOCK) into .venv (some minutes) ..."
	@rm -f .venv/*.ready
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pipeline.install $(LOCK)
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.ready .venv/dask.ready .venv/onnx.ready: .venv/%.ready: requirements-%.lock | $(SETUP)
	@echo "Installing $< into .venv ..."
	@.venv/bin/python -m pipeline.install $<
	@touch $@

## demo: run the whole arrow on invented patients
.PHONY: demo
demo: data/raw/demo/labels.csv
	@$(MAKE) --no-print-directory report CONFIG=configs/demo.yaml

## demo-3d: run it with small volumes and a 3-D network
.PHONY: demo-3d
demo-3d: data/raw/demo-3d/labels.csv
	@$(MAKE) --no-print-directory report CONFIG=configs/demo-3d.yaml

## demo-diameter: run it with a number to predict, the diameter of a nodule
.PHONY: demo-diameter
demo-diameter: data/raw/demo-diameter/labels.csv
	@$(MAKE) --no-print-directory report CONFIG=configs/demo-diameter.yaml

## demo-findings: run it with several findings a scan, some of them unknown
.PHONY: demo-findings
demo-findings: data/raw/demo-findings/labels.csv
	@$(MAKE) --no-print-directory report CONFIG=configs/demo-findings.yaml

## demo-segmentation: run it with lungs and nodules to outline in small volumes
.PHONY: demo-segmentation
demo-segmentation: data/raw/demo-segmentation/labels.csv
	@$(MAKE) --no-print-directory report CONFIG=configs/demo-segmentation.yaml

data/raw/demo/labels.csv: | $(SETUP)
	@$(SCANLOOM) phantom data/raw/demo

data/raw/demo-3d/labels.csv: | $(SETUP)
	@$(SCANLOOM) phantom data/raw/demo-3d --volumes

data/raw/demo-diameter/labels.csv: | $(SETUP)
	@$(SCANLOOM) phantom data/raw/demo-diameter --nodules

data/raw/demo-findings/labels.csv: | $(SETUP)
	@$(SCANLOOM) phantom data/raw/demo-findings --findings

data/raw/demo-segmentation/labels.csv: | $(SETUP)
	@$(SCANLOOM) phantom data/raw/demo-segmentation --masks

# The arrow ---------------------------------------------------------------------------------------

## ingest: read every file of RAW into cases, with a state and a reason for each
## cohort [REDRAW=reason]: join the table of labels and divide patients into parts (REDRAW: all of them anew)
## normalize: write model-ready arrays by the recipe
## drift [ACCEPT_DRIFT=reason]: compare new scans with the champion's
## train: fit the network
## evaluate: predict and measure, with thresholds from validation only
## compare: judge the candidate against the champion, with a verdict
## report [GEN=n]: write the HTML report, report.json and the model card
.PHONY: ingest cohort normalize drift train evaluate compare report
ingest: $(S)/ingest.json
cohort: $(CANDIDATE)/cohort.csv
normalize: $(S)/normalize.json
drift: $(CANDIDATE)/drift.json
train: $(CANDIDATE)/model.keras
evaluate: $(CANDIDATE)/metrics.json
compare: $(CANDIDATE)/comparison.json
	@$(SCANLOOM) verdict $(CONFIG)
ifdef GEN
report: | $(SETUP)
	@$(SCANLOOM) where $(CONFIG) --generation '$(subst ','\'',$(GEN))'
else
report: $(CANDIDATE)/report.html
	@$(SCANLOOM) where $(CONFIG)
endif

$(C)/checked: FORCE | $(SETUP)
	@$(SCANLOOM) configure $(CONFIG)

$(C)/%.json: $(C)/checked
	@:

$(S)/ingest.checked: $(C)/ingest.json FORCE
	@$(SCANLOOM) ingest $(CONFIG)

$(S)/cohort.checked: $(S)/ingest.json $(C)/cohort.json $(C)/inputs.json $(C)/pictures.json $(if $(REDRAW),FORCE)
	@$(SCANLOOM) cohort $(CONFIG) --redraw '$(subst ','\'',$(REDRAW))'

$(S)/normalize.checked: $(S)/cohort.json $(S)/ingest.json $(C)/normalize.json $(CHAMPION) | $(CANDIDATE)/cohort.csv
	@$(SCANLOOM) normalize $(CONFIG)

$(S)/drift.checked: $(S)/cohort.json $(S)/normalize.json $(C)/drift.json $(C)/pictures.json $(CHAMPION) | $(CANDIDATE)/cohort.csv
	@$(SCANLOOM) drift $(CONFIG) --accept-drift '$(subst ','\'',$(ACCEPT_DRIFT))'

$(S)/train.checked: $(S)/cohort.json $(S)/normalize.json $(C)/train.json | $(CANDIDATE)/cohort.csv $(CANDIDATE)/drift.json
	@$(SCANLOOM) train $(CONFIG)

$(S)/evaluate.checked: $(S)/train.json $(S)/cohort.json $(S)/normalize.json $(C)/evaluate.json $(C)/compare.json $(C)/pictures.json | $(CANDIDATE)/model.keras
	@$(SCANLOOM) evaluate $(CONFIG)

$(S)/compare.checked: $(S)/evaluate.json $(S)/cohort.json $(S)/normalize.json $(C)/settings.json $(C)/pictures.json $(CHAMPION) | $(CANDIDATE)/metrics.json
	@$(SCANLOOM) compare $(CONFIG)

$(S)/report.checked: $(S)/cohort.json $(S)/drift.json $(S)/evaluate.json $(S)/compare.json $(C)/report.json | $(CANDIDATE)/comparison.json
	@$(SCANLOOM) report $(CONFIG)

$(S)/%.json: $(S)/%.checked
	@:

# What people take from a stage comes back when it was deleted.
$(CANDIDATE)/cohort.csv: STAGE = cohort
$(CANDIDATE)/drift.json: STAGE = drift
$(CANDIDATE)/model.keras: STAGE = train
$(CANDIDATE)/metrics.json: STAGE = evaluate
$(CANDIDATE)/comparison.json: STAGE = compare
$(CANDIDATE)/report.html: STAGE = report
$(CANDIDATE)/cohort.csv: $(S)/cohort.json
$(CANDIDATE)/drift.json: $(S)/drift.json
$(CANDIDATE)/model.keras: $(S)/train.json
$(CANDIDATE)/metrics.json: $(S)/evaluate.json
$(CANDIDATE)/comparison.json: $(S)/compare.json
$(CANDIDATE)/report.html: $(S)/report.json
$(CANDIDATE)/cohort.csv $(CANDIDATE)/drift.json $(CANDIDATE)/model.keras $(CANDIDATE)/metrics.json $(CANDIDATE)/comparison.json $(CANDIDATE)/report.html:
	@test -e $@ || $(SCANLOOM) $(STAGE) $(CONFIG)

# The champion ------------------------------------------------------------------------------------

## retrain: run the arrow on RAW as it is now and print the verdict and its reasons
.PHONY: retrain
retrain: $(CANDIDATE)/report.html
	@$(SCANLOOM) verdict $(CONFIG)

## promote APPROVER=name [OVERRIDE=reason]: make the candidate the champion
.PHONY: promote
promote: | $(SETUP)
	@$(SCANLOOM) promote $(CONFIG) --approver '$(subst ','\'',$(APPROVER))' --override '$(subst ','\'',$(OVERRIDE))'

## rollback APPROVER=name REASON=why: go back to the champion before
.PHONY: rollback
rollback: | $(SETUP)
	@$(SCANLOOM) rollback $(CONFIG) --approver '$(subst ','\'',$(APPROVER))' --reason '$(subst ','\'',$(REASON))'

## generations: list what was promoted, when and by whom
.PHONY: generations
generations: | $(SETUP)
	@$(SCANLOOM) generations $(CONFIG)

## prune [GEN=n|all]: say which models of generations can go, or remove them
.PHONY: prune
prune: | $(SETUP)
	@$(SCANLOOM) prune $(CONFIG) $(call given,GEN=generation)

## predict NEW=folder-or-file [OUT=file.csv] [PATHS=1] [SEG=labelmap|none] [GEN=n] [SHADOW=n]: score new scans with the champion, else the candidate
.PHONY: predict
predict: | $(SETUP)
	@$(SCANLOOM) predict $(CONFIG) $(call given,OUT=out) $(call given,SEG=seg) $(call given,GEN=generation) $(call given,SHADOW=shadow) $(if $(PATHS),--paths) -- '$(subst ','\'',$(NEW))'

# Tools -------------------------------------------------------------------------------------------

## score TABLE=file.csv [OUT=folder]: write the same statistics and report for any table of predictions
.PHONY: score
SCORE_OPTIONS = TRUTH=truth PATIENT=patient CASE=case SCORE=score POSITIVE=positive MODELS=models FOLD=fold OUT=out
score: | $(SETUP)
	@$(SCANLOOM) score $(foreach o,$(SCORE_OPTIONS),$(call given,$(o))) -- '$(subst ','\'',$(TABLE))'

## folds OF=5: cross-validate a cohort too small for one test part: an analysis a fold, and one page of all
.PHONY: folds
folds: | $(SETUP)
	@$(SCANLOOM) folds $(CONFIG) --of '$(subst ','\'',$(OF))'
	@for fold in $$(seq 1 $(OF)); do \
	    echo "Fold $$fold of $(OF)"; \
	    $(MAKE) --no-print-directory report CONFIG=$(basename $(CONFIG))-fold-$$fold-of-$(OF)$(suffix $(CONFIG)) || exit; \
	done
	@$(SCANLOOM) folds $(CONFIG) --of '$(OF)' --score

## export OUT=folder [MODEL=1] [LAYOUT=nnunet]: write the cases as NIfTI (MODEL=1: the model as ONNX)
.PHONY: export
export: $(if $(MODEL),,$(S)/ingest.json) | $(SETUP)
	@$(SCANLOOM) export $(CONFIG) $(if $(MODEL),--model) $(call given,LAYOUT=layout) -- '$(subst ','\'',$(OUT))'

## list WHAT=steps|models|tasks|formats|reasons: show what there is, with keys and defaults
.PHONY: list
list: | $(SETUP)
	@$(SCANLOOM) list '$(subst ','\'',$(WHAT))'

## doctor: show the machine, its devices and decoders
.PHONY: doctor
doctor: | $(SETUP)
	@$(SCANLOOM) doctor

## verify: check the digests of all stored artifacts
.PHONY: verify
verify: | $(SETUP)
	@$(SCANLOOM) verify $(CONFIG)

## audit: compute every number of the report anew, and follow digests and ledgers
.PHONY: audit
audit: | $(SETUP)
	@$(SCANLOOM) audit $(CONFIG)

## clean: remove the derived files of an analysis, after saying which
.PHONY: clean
clean: | $(SETUP)
	@$(SCANLOOM) clean $(CONFIG)

## forget ID=patient: remove a patient's data everywhere
.PHONY: forget
forget: | $(SETUP)
	@$(SCANLOOM) forget $(CONFIG) -- '$(subst ','\'',$(ID))'

## case ID=pseudonym-or-path: the files of a case or patient, or the case of a file (for the holder of the key)
.PHONY: case
case: | $(SETUP)
	@$(SCANLOOM) case $(CONFIG) '$(subst ','\'',$(ID))'

## look [PORT=8600]: show cases, slices and the pixel-text review in a browser of this machine
.PHONY: look
look: | $(SETUP)
	@$(SCANLOOM) look $(CONFIG) $(call given,PORT=port)

## review REVIEWER=name SEEN=token (or WITHDRAW=reason): accept that no pixel names a patient, after a look at all of them
.PHONY: review
review: | $(SETUP)
	@$(SCANLOOM) review $(CONFIG) --reviewer '$(subst ','\'',$(REVIEWER))' --seen '$(subst ','\'',$(SEEN))' --withdraw '$(subst ','\'',$(WITHDRAW))'

# Thousands of processes start: each would compile all modules anew where the environment forbids keeping them.
test test-slow test-exhaustive: export PYTHONDONTWRITEBYTECODE =

## test: run the tests (8 to 17 minutes on two cores)
.PHONY: test
test: .venv/dev.ready
	@.venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow and not exhaustive" --junitxml=.pytest_cache/tests.xml

## test-slow: run the slow tests
.PHONY: test-slow
test-slow: .venv/dev.ready
	@.venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m slow --junitxml=.pytest_cache/slow.xml

## test-exhaustive: kill every command at every crash point (about half an hour on two cores)
.PHONY: test-exhaustive
test-exhaustive: .venv/dev.ready
	@.venv/bin/python -m pytest -n 2 --dist load -m exhaustive --durations 0 --junitxml=.pytest_cache/exhaustive.xml

## requirements: print what is promised, the tests that prove it and how they ended last, as Markdown
.PHONY: requirements
requirements: .venv/dev.ready
	@.venv/bin/python -m bench.requirements

## bench [ONLY=name]: measure figures next to their bars (demo, demo-3d, demo-diameter, demo-findings, demo-segmentation, chest-xray, ct-contrast, feed, patches, augmentation, masks, torso, leaks, lookalikes, conformal, step)
.PHONY: bench
PARTS_OF_BENCH := feed patches augmentation masks torso leaks lookalikes conformal step
bench: .venv/dev.ready
	@$(if $(filter-out $(PARTS_OF_BENCH),$(or $(ONLY),all)),.venv/bin/python -m bench.pipelines $(filter-out $(PARTS_OF_BENCH),$(ONLY)))
	@$(if $(filter step,$(ONLY)),.venv/bin/python -m pipeline.install requirements-bench.lock || true)
	@set -e; for part in $(or $(filter $(PARTS_OF_BENCH),$(ONLY)),$(if $(ONLY),,feed patches augmentation masks torso leaks lookalikes conformal)); do .venv/bin/python -m bench.$$part; done

## bench-ingest [ONLY=series|tree]: measure ingest beside dcm2niix and SimpleITK, and on 100 000 small files
.PHONY: bench-ingest
bench-ingest: .venv/dev.ready
	@.venv/bin/python -m bench.ingest $(ONLY)

## torture [SEED=n] [COUNT=n] [OF=masks]: send ten thousand mutated files and bombs through ingest, all accounted for
.PHONY: torture
torture: .venv/dev.ready
	@.venv/bin/python -m bench.torture --seed '$(SEED)' --count '$(COUNT)' --of '$(OF)'

## check: check format, lint, types, import rules, dead code and sizes
.PHONY: check
check: .venv/dev.ready
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@.venv/bin/python -m bench.house

## lock: resolve the lock files anew (needs uv)
.PHONY: lock
COMPILE := uv pip compile pyproject.toml --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --quiet
lock:
	@$(COMPILE) --extra cpu -o requirements.lock
	@$(COMPILE) --extra dask -c requirements.lock -o requirements-dask.lock
	@$(COMPILE) --extra onnx -c requirements.lock -c requirements-dask.lock -o requirements-onnx.lock
	@$(COMPILE) --extra dask --extra onnx --extra dev -c requirements.lock -c requirements-dask.lock -c requirements-onnx.lock -o requirements-dev.lock
	@$(COMPILE) --extra gpu -c requirements.lock -o requirements-gpu.lock
	@$(COMPILE) --extra bench -c requirements-dev.lock -o requirements-bench.lock
