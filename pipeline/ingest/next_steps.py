"""What a person can do about a file that isn't used: the way out of each reason, where need be by its detail.

One place for it: `scanloom files`, the page on the scans and `scanloom case` all ask here. Every step has a
test that takes it and ends with the file in use, or left out for good and on purpose.
"""

from __future__ import annotations

import re
from typing import Final

from pipeline import printed
from pipeline.ingest.reasons import REASONS

STEPS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "format_not_read": (
        (
            r"a kind of picture$",
            "If it is a scan or a mask, save it as PNG, pixel for pixel; of pictures, PNG, JPEG and TIFF are "
            "read.",
        ),
        (
            r"a kind of volume$",
            "If it is a scan or a mask, convert it to NIfTI (.nii.gz), with its place in space: of volumes "
            "beside DICOM, NIfTI alone is read.",
        ),
    ),
    "non_image_object": (
        (
            r"^(Segmentation|Label Map|Surface Segmentation|RT Structure Set)",
            "Nothing to do: the images that it marks are read by themselves. Masks are read where "
            "`ingest.masks` declares structures, surfaces never.",
        ),
        (
            r"^(Raw Data|MR Spectroscopy|no pixels)",
            "If images are to be had of it, export those: this file holds no pixels that could be read.",
        ),
        (
            r"^Encapsulated",
            "Nothing to do: a document is no scan. If a scan was filed as one, export it as an image.",
        ),
    ),
    "modality_not_selected": (
        (
            r"^no modality",
            "Write its Modality (0008,0060) into the file, or export it again with it: it identifies nobody, "
            "and de-identification has no need to take it out.",
        ),
        (
            r", (VL Whole Slide|Confocal)",
            "Slides are not read tile by tile: export the region that is wanted as a single image, "
            "and name its modality in `ingest.modalities`.",
        ),
        (
            r", Video",
            "Films are not read: export the pictures that are wanted as single images, "
            "and name their modality in `ingest.modalities`.",
        ),
    ),
    "rule_not_selected": (
        (r"^FOR PROCESSING", "If unprocessed images are wanted, add `for_processing` to `ingest.include`."),
        (r"^\d+ frames", "Export the frames that are wanted as single images."),
        (r"^\d+ tiles", "Export the region of the slide that is wanted as a single image."),
        (r"^a tiled volume", "Set `ingest.unit: series` to read it as a volume."),
    ),
    "patient_conflict": (
        (
            r"^the mask and its scan",
            "Find out whose mask it is, and export it again with that PatientID and the images that it was "
            "drawn on.",
        ),
        (
            r"^its folder and its name",
            "Find out whose scan it is, and put it into the folder of that subject, called so.",
        ),
        (
            r"patient_from",
            "Its images come out as of several patients: choose another `ingest.patient_from`, which gives "
            "all images of a series the same one, or write the PatientID into the files.",
        ),
    ),
    "mask_not_image": (
        (
            r"^it marks no declared",
            "Nothing to do if none of it is wanted; else mend what `ingest.masks.structures` says that files "
            "call its structures.",
        ),
    ),
    "mask_reference_missing": (
        (
            r"images may be its own$",
            "Write the suffix of its image into the name of the mask, as in `sub-1_T1w_label-L_mask.nii`.",
        ),
        (
            r"images are called as it is$",
            "Leave one image of its name in the folder of images, or call each otherwise, and its mask as it "
            "is called: the endings .png and .jpg make no other name, nor does `_mask` at the end.",
        ),
        (
            r"^no image is paired",
            "Put the mask directly into `labelsTr` and its image into `imagesTr` under the name of the mask, "
            "or with `_0000` at the end of it; in BIDS put its image into the folder of its subject, with "
            "the entities of the mask, its `space` among them. In the folders `images` and `masks` call both "
            "alike, or the mask so with `_mask` at the end.",
        ),
        (
            r"^it names no series",
            "Export the mask again with the series that it was drawn on (Referenced Series Sequence).",
        ),
    ),
    "mask_geometry_mismatch": (
        (
            r"^the scan has no place",
            "Take the mask out: projections and photographs have no place in space to compare it by.",
        ),
        (
            r"^a picture has no place",
            "Save the mask as NIfTI, with the affine and the voxels of its scan.",
        ),
        (
            r"^none of its marks",
            "Draw it on the scan itself and export it on its voxels: what it marks is too small for them.",
        ),
        (
            r"; its voxels have .*; each slice is a case$",
            "Set `ingest.unit: series` and `ingest.masks.resample: nearest`, which is for volumes, or export "
            "it again on the images that it was drawn on.",
        ),
        (
            r"; its voxels have",
            "Set `ingest.masks.resample: nearest` to put it onto the grid of its scan by the nearest voxel, "
            "or export it again on the images that it was drawn on.",
        ),
        (r"where its picture has", "Save the mask anew with a pixel for each pixel of its picture."),
        (
            r"turned upright by its file$",
            "Save mask and picture anew without an orientation (EXIF), pixel for pixel alike.",
        ),
    ),
    "mask_values_invalid": (
        (
            r"^fractional",
            "State in `ingest.masks.threshold` from which share on a voxel belongs to a structure, as 0.5.",
        ),
        (
            r"in quotes, a label",
            "Take the quotes away in `ingest.masks.structures`: `{lesion: 1}` is the number of voxels or of "
            "a segment, `{lesion: '1'}` a label.",
        ),
        (
            r"marks no pixel$",
            "Draw it by closed contours that hold pixels of the scan, or take it out of the file.",
        ),
        (
            r"though called much as",
            "Compare letter by letter how the file calls it with what `ingest.masks.structures` says, and "
            "mend that.",
        ),
        (
            r"below 0 is|above 65535 is",
            "Write the mask anew: 0 where it marks nothing, and a number from 1 to 65535 for each structure.",
        ),
        (r"not finite$", "Write the mask anew with 0 where it marks nothing (NaN or infinity now)."),
        (
            r"not whole",
            "Write the mask anew with a whole number for each structure and 0 elsewhere: shares need a "
            "threshold of yours, and what is resampled has to be so by the nearest voxel.",
        ),
        (
            r"^colours|^an inverted scale",
            "Save the mask anew with one number a voxel, as `ingest.masks.structures` calls each structure.",
        ),
        (
            r"^a palette of greys",
            "Save the mask anew without a palette, or call each structure in `ingest.masks.structures` by "
            "the one of the two numbers that is meant.",
        ),
        (r"^a JPEG", "Save the mask as PNG or TIFF from where it was drawn: a copy has the same changes."),
        (
            r"^compressed with loss",
            "Save the mask without loss from where it was drawn: a copy has the same changes.",
        ),
        (
            r"^the label in its name",
            "Name the label in `ingest.masks.structures`, as `{tumour: [1, lesion]}`, or set "
            "`ingest.masks.undeclared: ignore` to leave such masks out.",
        ),
        (
            r"has 1 alone$",
            "Write the mask anew with 1 where its structure is and 0 elsewhere.",
        ),
        (
            r"^nothing but undeclared",
            "Say in `ingest.masks.structures` what the value is: one more number of a structure, as "
            "`{lesion: [1, 255]}`, or another structure, as `{lesion: 1, organ: 255}`, to be left out of "
            "`cohort.target`.",
        ),
        (
            r"has the number of",
            "Call each structure in `ingest.masks.structures` by the label of its segment, as "
            "`{liver: Liver}`: numbers of segments are as each program counts. Where the number is right, "
            "have the label mended.",
        ),
        (
            r"is of no structure$",
            "Name it in `ingest.masks.structures`, or set `ingest.masks.undeclared: ignore` to read the "
            "others alone.",
        ),
        (
            r"masks of the structure|of one structure|as \d+ structures are$|at one place$|of one number",
            "Decide which of them counts and take the others out, or give each a structure of its own in "
            "`ingest.masks.structures`.",
        ),
    ),
    "missing_attribute": (
        (
            r"^PatientID, and the path",
            "Mend the pattern of `ingest.patient_from` so that it fits this path, or give the file a path "
            "that it fits.",
        ),
        (
            r"^PatientID, and the folder is",
            "Say by a pattern whose a file is: where each case is a patient, as "
            "`ingest.patient_from: {pattern: '/([^/]+?)(?:_\\d{4})?[.]'}`.",
        ),
        (
            r"^PatientID, and the file lies",
            "Put the file into a folder of its patient directly below `ingest.raw`.",
        ),
        (
            r"^PatientID, and no row",
            "Add a row that names the file to the table of labels; `cohort.id` says by which column.",
        ),
        (
            r"^PatientID, and its rows",
            "Mend the table of labels: its rows for this file name several patients.",
        ),
        (
            r"^PatientID",
            "If the IDs were taken out, say whose a file is: `ingest.patient_from: folder` (the one directly "
            "below `ingest.raw`), `study`, `{column: NAME}` (of the table of labels) or `{pattern: …}`.",
        ),
        (
            r"^SliceThickness of a single slice",
            "Fetch the other slices of its series, or set `ingest.unit: image` to read slices one by one.",
        ),
        (
            r"^(SOP|Series|Study)InstanceUID",
            "Export the file again with its UIDs; a de-identified set has to have others in their place "
            "(PS3.15 E.1), not none.",
        ),
    ),
    "inconsistent_pixel_attributes": (
        (
            r"^BitsAllocated",
            "Export the file again with BitsAllocated 8, 16 or 32, BitsStored no larger, and HighBit one "
            "below BitsStored; 12 bits packed into 12 are not read.",
        ),
        (
            r"palette|^colours must be",
            "Export the file again as colours (RGB) of 8 bits: its own form of them is not read.",
        ),
        (
            r"^lossy compression",
            "Export the series again without lossy compression; if the archive has it so alone, leave it out "
            "by a rule of `ingest.select`.",
        ),
    ),
    "implausible_values": (
        (
            r"no unit is told$",
            "If these are no Hounsfield units, state in `ingest.unit_of` what they are; if a NIfTI file is "
            "in them, say so in `ingest.formats`; else export the original series again: a conversion "
            "changed its values.",
        ),
        (
            r"not finite$",
            "Write the scan anew with a number, as 0, where nothing was measured (NaN or infinity now).",
        ),
        (
            r"which nothing measures$",
            "Write the scan anew with a number, as 0, where nothing was measured: a number that large stands "
            "for that, or its bytes are damaged.",
        ),
    ),
    "no_geometry": (
        (
            r"^neither sform",
            "State in `ingest.formats` how the axes run, as `{nifti: {modality: MR, axes: RAS}}`, or write "
            "an affine into the file.",
        ),
    ),
    "geometry_invalid": (
        (r"^sheared", "Resample the volume onto a grid of right angles, and write it anew."),
        (
            r"^the affine",
            "Write the file anew with the lengths of its voxels' sides and its place, in mm, and with "
            "that as their unit (xyzt_units).",
        ),
    ),
    "affine_conflict": (
        (
            r"^sform and qform",
            "Find out which is right, and say so in `ingest.formats`, as "
            "`{nifti: {modality: MR, form: sform}}`, or write the file anew with that one alone.",
        ),
    ),
    "format_kind_unsupported": (
        (
            r"^a mask: \d+ volumes or values",
            "Save the mask as one label map of three axes, with a number for each structure.",
        ),
        (r"volumes or values", "Save each volume as a file of its own, of three axes."),
        (r"in another file$", "Save header and voxels as one file (.nii or .nii.gz)."),
        (
            r"^a mask: (several pages|an animation)",
            "Save the mask as a single picture, with a number for each structure.",
        ),
        (r"^several pages", "Save each page that is wanted as a file of its own."),
        (r"^an animation", "Save the picture that is wanted as a single one."),
        (r"^(a mask: )?transparency", "Save the picture without its channel of opacity."),
    ),
    "missing_slices": (
        (
            r"could not be read$",
            "Mend the files of its series that could not be read (each has a reason of its own), "
            "and the volume is whole.",
        ),
        (
            r"that NumberOf(TemporalPositions|Time).* announces$",
            "Fetch the series again; if its scan was broken off, correct the number that it announces.",
        ),
    ),
    "variable_spacing": (
        (
            r"beside the line",
            "Resampling can't mend it. Export the series again; if slices of two scans are mixed, give each "
            "a series of its own (SeriesInstanceUID).",
        ),
    ),
    "ambiguous_series": (
        (
            r"^orientations drift",
            "Set `ingest.unit: image` to read the slices one by one: turned like this they make no grid.",
        ),
    ),
    "transfer_syntax_unsupported": (
        (r"video", "Films are not read: export the pictures that are wanted as single images."),
    ),
    "decode_error": (
        (
            r"did not end in time",
            "Export the file uncompressed, or raise `ingest.limits.seconds` if the machine is slow.",
        ),
    ),
    "limit_exceeded": (
        (r"^\d+ bytes$", "If the file is to be trusted, raise `ingest.limits.file_mb`."),
        (r"files in an archive$", "If the archive is to be trusted, raise `ingest.limits.members`."),
        (
            r"^unfolds",
            "If it is to be trusted, unpack it into the input folder, and take the packed one out.",
        ),
        (r"nested deeper", "If the file is to be trusted, raise `ingest.limits.depth` (64 at most)."),
        (r"in time$", "If the file is to be trusted, raise `ingest.limits.seconds`."),
        (r"^memory", "Free memory, lower `ingest.workers`, or raise `ingest.limits.memory_mb`."),
        (
            r"^inflates",
            "If the file is to be trusted, export it again uncompressed (Explicit VR Little Endian).",
        ),
        (
            r"^(more than|\d+ frames|a JPEG 2000)",
            "No setting lifts this limit, and no scanner comes near it: export the original again.",
        ),
    ),
}
"""By reason: patterns that are sought in the detail, and the step of the first that is found."""


def next_step(reason: str, detail: str, place: printed.Place | None = None) -> str:
    """What a person can do about a file with this reason and detail; "" for one in use.

    `place` is where it will be read, by default the terminal.
    """
    fitting = (step for pattern, step in STEPS.get(reason, ()) if re.search(pattern, detail))
    step = next(fitting, REASONS[reason].next_step)
    if reason != "decoder_missing":
        return step
    return step.format(setup=printed.setup(), doctor=printed.make("doctor", place=place))
