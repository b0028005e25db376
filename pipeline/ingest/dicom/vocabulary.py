"""The words that a case record may hold: whatever else a header says there becomes OTHER.

Manufacturers, models and kernels can carry typed text, and code strings are free text to many
writers; a closed list is the only sure way to keep names and numbers of people out.
"""

from __future__ import annotations

import re

from pipeline.records import OTHER

GIVEN = "GIVEN"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MODALITIES = _words("""
    AR BI BMD CR CT CTPROTOCOL DG DOC DX ECG EPS ES FID GM HC HD IO IOL IVOCT IVUS KER KO LEN LS MG MR NM OAM
    OCT OP OPM OPT OPTBSV OPTENF OPV OSS OT PLAN PR PT PX REG RESP RF RG RTDOSE RTIMAGE RTPLAN RTRECORD
    RTSTRUCT RWV SEG SM SMR SR SRF STAIN TG US VA XA XC""")
_IMAGE_TYPES = _words("""
    ORIGINAL DERIVED PRIMARY SECONDARY MIXED AXIAL LOCALIZER REFORMATTED RESAMPLED VOLUME ANGIO CARDIAC
    PERFUSION NONE M P R I M_FFE M_IR M_SE PHASE_MAP MAGNITUDE PHASE REAL IMAGINARY ADC TRACE TRACEW DIFFUSION
    DIS2D DIS3D NORM ND MOSAIC MIP MPR MINIP PROJECTION WATER FAT IN_PHASE OUT_PHASE IP OP W F FA CSAPARALLEL
    STATIC DYNAMIC GATED TOMO EMISSION TRANSMISSION RECON WHOLE BODY SCREEN SAVE SINGLE BIPLANE STACK
    POST_PROCESSED POST_CONTRAST PRE_CONTRAST SUBTRACTION MAX_IP MIN_IP FUSED T1 T2 T2_STAR CBF CBV MTT TTP SE
    FFE IR""") | {"GATED TOMO", "RECON GATED TOMO", "RECON TOMO", "WHOLE BODY"}
_BODY_PARTS = _words("""
    ABDOMEN ABDOMENPELVIS ANKLE AORTA ARM BACK BLADDER BRAIN BREAST CALF CALCANEUS CAROTID CERVIX CHEST
    CHESTABDOMEN CHESTABDPELVIS CLAVICLE COCCYX COLON CSPINE CTSPINE EAR ELBOW EXTREMITY EYE FACE FEMUR FINGER
    FOOT FOREARM GALLBLADDER HAND HEAD HEADNECK HEART HIP HUMERUS IAC JAW KIDNEY KNEE LEG LIVER LSPINE LSSPINE
    LUNG MAXILLA MEDIASTINUM MOUTH NECK NECKCHEST NOSE ORBIT OVARY PANCREAS PATELLA PELVIS PENIS PROSTATE
    RECTUM RIB SACRUM SCALP SCAPULA SELLA SHOULDER SKULL SPINE SPLEEN STERNUM SSPINE TESTIS THIGH THORAX THUMB
    THYMUS THYROID TLSPINE TMJ TOE TSPINE UTERUS WHOLEBODY WRIST ZYGOMA""")
_VIEWS = _words("""
    AP PA LL RL LLD RLD LLO RLO RAO LAO RPO LPO LATERAL LAT OBL OBLIQUE CC MLO ML LM LMO SIO XCC XCCL XCCM FB
    ISO AT RM TAN DECUB SWIMMERS SUNRISE AXIAL""")
_POSITIONS = _words("HFP HFS HFDR HFDL FFDR FFDL FFP FFS LFP LFS RFP RFS AFDR AFDL PFDR PFDL")
_UNITS = _words("""
    CNTS NONE CM2 CM2ML PCNT CPS BQML MGMINML UMOLMINML MLMING MLG 1CM UMOLML PROPCNTS PROPCPS MLMINML MLML
    GML STDDEV""")
_CORRECTIONS = _words("DECY ATTN SCAT DTIM MOTN PMOT CLN RAN RADL DCAL NORM NCON GEOM COMB UNIF")
_SEQUENCES = _words("SE IR GR EP RM SK MTC SS TRSS SP MP OSP TOF NONE")
_COLOURS = frozenset(
    ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
)
_KERNELS = _words("""
    STANDARD SOFT LUNG BONE BONEPLUS DETAIL EDGE CHEST ULTRA CONVOLUTION HARD SHARP SMOOTH MEDIUM A B C D E F
    L YA YB YC YD UA UB UC EA EB EC""")
_KERNEL_CODE = re.compile(r"[ABCDFHIJQRSTU][A-Z]?\d{2}[A-Z]?|FC\d{2}|\d")
_NO_AGENT = frozenset({"-", "N", "N/A", "NA", "NIL", "NO", "NO CONTRAST", "NONE", "W/O", "WITHOUT"})
_MAKERS = (
    # the beginning of the name as written, in small letters, and the one name kept
    ("accuray", "ACCURAY"), ("adac", "PHILIPS"), ("agfa", "AGFA"), ("bruker", "BRUKER"), ("canon", "CANON"),
    ("carestream", "CARESTREAM"), ("elekta", "ELEKTA"), ("elscint", "ELSCINT"), ("esaote", "ESAOTE"),
    ("fuji", "FUJIFILM"), ("ge healthcare", "GE"), ("ge medical", "GE"), ("general electric", "GE"),
    ("giotto", "IMS GIOTTO"), ("hitachi", "HITACHI"), ("hologic", "HOLOGIC"), ("hyperfine", "HYPERFINE"),
    ("imaging dynamics", "IDC"), ("ims", "IMS GIOTTO"), ("kodak", "CARESTREAM"), ("konica", "KONICA MINOLTA"),
    ("lorad", "HOLOGIC"), ("marconi", "PHILIPS"), ("mindray", "MINDRAY"), ("neusoft", "NEUSOFT"),
    ("philips", "PHILIPS"), ("picker", "PICKER"), ("planmeca", "PLANMECA"), ("samsung", "SAMSUNG"),
    ("sectra", "SECTRA"), ("shimadzu", "SHIMADZU"), ("siemens", "SIEMENS"), ("swissray", "SWISSRAY"),
    ("toshiba", "CANON"), ("uih", "UNITED IMAGING"), ("united imaging", "UNITED IMAGING"),
    ("varian", "VARIAN"), ("vidar", "VIDAR"),
)  # fmt: skip
_MAKERS_ALONE = {"ge": "GE", "gems": "GE", "gehc": "GE"}
"""Names that are a maker's only where nothing follows."""
_BLANKS = re.compile(r"[\s_,.\-]+")
"""What stands between the words of a name in place of a blank."""
_MODELS = _words("""
    ACHIEVA INGENIA INTERA PANORAMA AERA AVANTO SKYRA PRISMA VERIO TRIO TRIOTIM ESPREE SYMPHONY VIDA SOLA
    ALTEA LUMINA AMIRA TERRA ESSENZA BIOGRAPH SENSATION EMOTION SOMATOM DEFINITION FORCE DRIVE EDGE
    PERSPECTIVE SCOPE NAEOTOM SIGNA DISCOVERY OPTIMA LIGHTSPEED BRIGHTSPEED REVOLUTION HISPEED GENESIS
    ADVANCE BRILLIANCE INGENUITY ICT IQON GEMINI VEREOS MX8000 AQUILION ACTIVION ALEXION ASTEION VANTAGE
    TITAN GALAN ORIAN SCENARIA SUPRIA ECHELON OASIS SELENIA DIMENSIONS SENOGRAPHE PRISTINA MAMMOMAT
    INSPIRATION NOVATION MICRODOSE AMULET DRX DIRECTVIEW DIGITALDIAGNOST ESSENTA YSIO AXIOM LUMINOS MULTIX
    DEFINIUM XR646 XR656 XR220 DX-D CR CR850 CR950 CR975 FCR PRIMA CAPSULA LOGIQ VIVID VOLUSON EPIQ
    AFFINITI IU22 HD11 ACUSON ARTIS ALLURA AZURION INNOVA SWOOP""")

WORDS: dict[str, frozenset[str]] = {
    "BodyPartExamined": _BODY_PARTS,
    "BurnedInAnnotation": _words("YES NO"),
    "CorrectedImage": _CORRECTIONS,
    "DecayCorrection": _words("NONE START ADMIN"),
    "ImageLaterality": _words("R L U B"),
    "ImageType": _IMAGE_TYPES,
    "Laterality": _words("R L"),
    "LossyImageCompression": _words("00 01"),
    "MRAcquisitionType": _words("2D 3D"),
    "Modality": _MODALITIES,
    "PatientPosition": _POSITIONS,
    "PatientSex": _words("F M O"),
    "PhotometricInterpretation": _COLOURS,
    "PixelIntensityRelationship": _words("LIN LOG DISP"),
    "ModalityLUTType": _words("HU US OD MGML Z_EFF ED EDW HU_MOD PCT"),
    "PresentationIntentType": frozenset(("FOR PRESENTATION", "FOR PROCESSING")),
    "PresentationLUTShape": _words("IDENTITY INVERSE"),
    "RescaleType": _words("HU US OD MGML Z_EFF ED EDW HU_MOD PCT"),
    "ScanningSequence": _SEQUENCES,
    "SequenceVariant": _SEQUENCES,
    "Units": _UNITS,
    "ViewPosition": _VIEWS,
}
_SPELLINGS = {
    keyword: {"".join(filter(str.isalnum, word)): word for word in sorted(words)}
    for keyword, words in WORDS.items()
}
"""The words by their letters and digits alone."""
_ABBREVIATED = {"ViewPosition": {"LAT": "LATERAL", "OBL": "OBLIQUE"}}
"""Words of a keyword that are short for another one: one view is no two groups."""


def word(keyword: str, value: str) -> str:
    """The value if it is one of the keyword's words, in whatever spelling, else OTHER; "" stays empty."""
    if not value:
        return value
    known = spelt(keyword, value)
    return _ABBREVIATED.get(keyword, {}).get(known, known) if known in WORDS[keyword] else OTHER


def spelt(keyword: str, value: str) -> str:
    """The keyword's word of the same letters and digits, in capitals or not, else the value itself.

    DCMTK reads PhotometricInterpretation so.

    >>> spelt("PhotometricInterpretation", "Monochrome 2")
    'MONOCHROME2'
    """
    return value if value in WORDS[keyword] else _SPELLINGS[keyword].get(_letters(value), value)


def _letters(value: str) -> str:
    return "".join(filter(str.isalnum, value.upper()))


def maker(value: str) -> str:
    """The manufacturer's one name, whatever its spelling, else OTHER.

    >>> maker("SIEMENS Healthineers"), maker("GE_Medical Systems"), maker("GE"), maker("Gerrit, Dr.")
    ('SIEMENS', 'GE', 'GE', 'OTHER')
    """
    words = " ".join(_BLANKS.sub(" ", value.lower()).split())
    if words in _MAKERS_ALONE:
        return _MAKERS_ALONE[words]
    return next((name for beginning, name in _MAKERS if words.startswith(beginning)), OTHER if value else "")


def model(value: str) -> str:
    """The known product names in a model's designation, else OTHER.

    >>> model("Ingenia Elition X, room of Dr. Who")
    'INGENIA'
    """
    known = [part for part in re.split(r"[\s_/(),]+", value.upper()) if part in _MODELS]
    return " ".join(known) if known else OTHER if value else ""


def kernel(value: str) -> str:
    """The reconstruction kernel if it has a known form, else OTHER.

    Of several values (PS3.3 C.8.2.1) the first is taken: what follows it is how a maker refines it.

    >>> kernel("B30f"), kernel("I30f\\\\3"), kernel("J.Doe")
    ('B30F', 'I30F', 'OTHER')
    """
    upper = next((word for part in value.upper().split("\\") if (word := part.strip())), "")
    return upper if not upper or upper in _KERNELS or _KERNEL_CODE.fullmatch(upper) else OTHER


def agent(value: str) -> str:
    """Whether a contrast agent was given, GIVEN or NONE: which one is free text.

    >>> agent("Omnipaque 300, Dr. Who"), agent("none"), agent("")
    ('GIVEN', 'NONE', '')
    """
    return "" if not value else "NONE" if value.upper() in _NO_AGENT else GIVEN
